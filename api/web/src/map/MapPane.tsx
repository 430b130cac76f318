/** The pane that holds the map: the stage in it, its buttons, and what is said when it cannot be. */
import { useEffect, useRef } from "preact/hooks";
import type { Signal } from "@preact/signals";
import { of, say } from "../core/lang";
import type { Catalogue } from "../core/types";
import { labelDistricts } from "./labels";
import { Stage } from "./stage";

export function MapPane({ catalogue, stage }: { catalogue: Catalogue; stage: Signal<Stage | null> }) {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!holder.current) return;
    let made: Stage;
    try {
      made = new Stage(holder.current, catalogue);
    } catch (error) {
      console.warn(error); // no WebGL: everything but the map still works
      return;
    }
    stage.value = made;
    made.map.once("idle", () => void labelDistricts(made).catch(console.warn));
    const watch = new ResizeObserver(() => made.map.resize());
    watch.observe(holder.current);
    return () => {
      watch.disconnect();
      stage.value = null;
      made.remove();
    };
  }, [catalogue]);
  const zoom = (by: number) => stage.value?.map.zoomTo(stage.value.map.getZoom() + by);
  return (
    <section class="map" aria-label={say("地图", "Map")}>
      <div class="map-canvas" ref={holder} />
      <div class="map-buttons">
        <button type="button" onClick={() => zoom(1)} aria-label={say("放大", "Zoom in")}>+</button>
        <button type="button" onClick={() => zoom(-1)} aria-label={say("缩小", "Zoom out")}>−</button>
        <button type="button" onClick={() => stage.value?.home()} aria-label={say("全市", "Whole city")}>⌂</button>
      </div>
      {catalogue.city.notice && <p class="map-notice">{of(catalogue.city.notice)}</p>}
    </section>
  );
}
