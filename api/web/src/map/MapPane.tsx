/** The pane that holds the map: the stage in it, its buttons, and what is said when it cannot be. */
import { useEffect, useRef } from "preact/hooks";
import { useSignal, type Signal } from "@preact/signals";
import { of, say } from "../core/lang";
import type { Catalogue } from "../core/types";
import { labelDistricts } from "./labels";
import type { Stage } from "./stage";

/** The map's own code is large: it comes while the catalogue is being asked for. */
const coming = import("./stage");
coming.catch(() => undefined); // told where it is waited for

export function MapPane({ catalogue, stage }: { catalogue: Catalogue; stage: Signal<Stage | null> }) {
  const holder = useRef<HTMLDivElement>(null);
  const failed = useSignal(false);
  useEffect(() => {
    const pane = holder.current;
    if (!pane) return;
    let made: Stage | null = null;
    let over = false;
    const watch = new ResizeObserver(() => made?.map.resize());
    watch.observe(pane);
    coming
      .then(({ Stage }) => {
        if (over) return;
        const mine = new Stage(pane, catalogue);
        stage.value = made = mine;
        mine.map.once("idle", () => void labelDistricts(mine).catch(console.info));
      })
      // no WebGL, or a service that went away: everything but the map still works
      .catch((error: unknown) => {
        console.info(error);
        failed.value = true;
      });
    return () => {
      over = true;
      watch.disconnect();
      stage.value = null;
      made?.remove();
    };
  }, [catalogue.city.id]);
  // whoever signs in sees more layers on the same map
  useEffect(() => stage.value?.know(catalogue), [catalogue, stage.value]);
  const zoom = (by: number) => stage.value?.map.zoomTo(stage.value.map.getZoom() + by);
  return (
    <section class="map" aria-label={say("地图", "Map")}>
      <div class="map-canvas" ref={holder} />
      {failed.value && (
        <p class="map-failed" role="status">
          {say("此浏览器画不出地图（需要 WebGL）；其余功能照常可用。", "This browser cannot draw the map (it needs WebGL); all else works.")}
        </p>
      )}
      <div class="map-buttons">
        <button type="button" onClick={() => zoom(1)} aria-label={say("放大", "Zoom in")}>+</button>
        <button type="button" onClick={() => zoom(-1)} aria-label={say("缩小", "Zoom out")}>−</button>
        <button type="button" onClick={() => stage.value?.home()} aria-label={say("全市", "Whole city")}>⌂</button>
      </div>
      {catalogue.city.notice && <p class="map-notice">{of(catalogue.city.notice)}</p>}
    </section>
  );
}
