/** The applicant's desk: bring a site, read the verdict, answer, change the site, take the report. */
import { useEffect, useState } from "preact/hooks";
import type { DeskProps } from "../App";
import { say } from "../core/lang";
import { go, steps } from "../core/route";
import type { Box } from "../core/types";
import { COLOURS } from "../core/words";
import { Busy, Failure } from "../ui/parts";
import { Bring } from "./Bring";
import type { Pen } from "./draw";
import { SiteStore } from "./siteStore";
import { Verdict } from "./Verdict";

const store = new SiteStore();
const SITE = "over:site";

export function ApplicantDesk({ catalogue, stage }: DeskProps) {
  const at = stage.value;
  const [pen, setPen] = useState<Pen | null>(null);
  const [drawing, setDrawing] = useState(false);
  const { data, problem, busy } = store.check.value;
  const wanted = steps.value[1];

  // a check has an address of its own
  useEffect(() => {
    if (wanted) void store.open(wanted);
  }, [wanted]);
  useEffect(() => {
    if (data && !busy && data.check_id !== wanted) go("apply", data.check_id);
  }, [data?.check_id, busy]);

  // around the site are seen the layers that it meets
  const met = (data?.findings ?? []).filter((one) => one.outcome !== "clear" && !one.withheld).map((one) => one.layer);
  const meets = [...new Set(met)].slice(0, 8).join();
  useEffect(() => {
    if (!at) return;
    const layers = meets ? meets.split(",").reverse().map((id) => ({ id, opacity: 0.45 })) : [];
    void at.show(layers, data?.snapshot.id ?? catalogue.snapshot.id);
  }, [at, catalogue, meets]);
  useEffect(() => () => void at?.overlay(SITE, null), [at]);

  // the pen comes once the map is there: it is not needed for the first look
  useEffect(() => {
    if (!at) return;
    let made: Pen | null = null;
    let over = false;
    void import("./draw").then(({ Pen }) => {
      if (over) return;
      const ready = () => {
        if (over) return;
        made = new Pen(at, (geometry) => {
          setDrawing(false);
          void store.take({ kind: "shape", geometry, crs: null, name: say("手绘地块", "drawn site") });
        });
        setPen(made);
      };
      if (at.map.isStyleLoaded()) ready();
      else at.map.once("idle", ready);
    });
    return () => {
      over = true;
      made?.remove();
      setPen(null);
    };
  }, [at]);

  const places = store.places.value.data;
  const outlines = store.outlines.value;
  const chosen = store.chosen.value;
  useEffect(() => {
    if (!at) return;
    const features = [...(places?.features ?? []), ...(outlines?.features ?? [])];
    void at.overlay(SITE, features.length ? { type: "FeatureCollection", features } : null, LOOK);
  }, [at, places, outlines]);
  useEffect(() => {
    if (!at || !places) return;
    const box = boxOf(places.features.slice(0, 1));
    if (box) at.fit(box, 16.5);
    if (store.input.peek()?.kind === "file" || !pen) pen?.clear();
  }, [at, data?.site.name, places === null]);
  useEffect(() => {
    if (!at || chosen === null || !places) return;
    const finding = data?.findings[chosen];
    const mine = places.features.filter((one) => one.properties?.["rule"] === finding?.rule && one.properties?.["layer"] === finding?.layer);
    const box = boxOf(mine);
    if (box) at.fit(box, 18);
  }, [chosen]);

  return (
    <div
      class="applicant"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const file = event.dataTransfer?.files[0];
        if (file) void store.take({ kind: "file", file });
      }}
    >
      <h1>{say("选址预检", "Check a site")}</h1>
      <Bring
        store={store}
        catalogue={catalogue}
        drawing={drawing}
        draw={
          pen && (() => {
            store.clear();
            go("apply");
            setDrawing(true);
            pen.begin();
          })
        }
        cleared={() => {
          pen?.clear();
          setDrawing(false);
        }}
      />
      {busy && <Busy what={say("正在核对各图层", "Checking the layers")} />}
      {problem && <Failure problem={problem} />}
      {data && !problem && <Verdict store={store} check={data} applied={() => pen?.clear()} />}
    </div>
  );
}

export const LOOK: object[] = [
  { type: "fill", filter: ["==", ["get", "role"], "site"], paint: { "fill-color": "#0d3b66", "fill-opacity": 0.1 } },
  {
    type: "fill",
    filter: ["==", ["get", "role"], "finding"],
    layout: { "fill-sort-key": ["match", ["get", "outcome"], "prohibited", 5, "restricted", 4, "consult", 3, 1] },
    paint: { "fill-color": ["match", ["get", "outcome"], ...Object.entries(COLOURS).flat(), "#444"], "fill-opacity": 0.3 },
  },
  {
    type: "line",
    filter: ["==", ["get", "role"], "finding"],
    paint: { "line-color": ["match", ["get", "outcome"], ...Object.entries(COLOURS).flat(), "#444"], "line-width": 2.5 },
  },
  {
    type: "circle",
    filter: ["all", ["==", ["get", "role"], "finding"], ["==", ["geometry-type"], "Point"]],
    paint: { "circle-color": ["match", ["get", "outcome"], ...Object.entries(COLOURS).flat(), "#444"], "circle-radius": 6, "circle-stroke-color": "#fff", "circle-stroke-width": 1.5 },
  },
  { type: "line", filter: ["==", ["get", "role"], "site"], paint: { "line-color": "#0d3b66", "line-width": 3 } },
  {
    type: "line",
    filter: ["==", ["get", "role"], "suggestion"],
    paint: { "line-color": "#1b7837", "line-width": 3, "line-dasharray": [2, 1.5] },
  },
];

export function boxOf(features: GeoJSON.Feature[]): Box | null {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (given: unknown): void => {
    if (!Array.isArray(given)) return;
    if (typeof given[0] === "number" && typeof given[1] === "number") {
      box[0] = Math.min(box[0], given[0]);
      box[1] = Math.min(box[1], given[1]);
      box[2] = Math.max(box[2], given[0]);
      box[3] = Math.max(box[3], given[1]);
    } else for (const one of given) walk(one);
  };
  const shapes = features.flatMap((one) => (one.geometry?.type === "GeometryCollection" ? one.geometry.geometries : one.geometry ? [one.geometry] : []));
  for (const shape of shapes) if ("coordinates" in shape) walk(shape.coordinates);
  return box[0] <= box[2] ? box : null;
}
