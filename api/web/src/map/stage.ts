/**
 * The map on which all desks play. A desk says what is to be seen; the stage sees to how.
 *
 * Input: the city, and what is shown. Output: signals of where the map is and what was pointed at.
 */
import { signal } from "@preact/signals";
import {
  Map as GlMap,
  prewarm,
  setWorkerUrl,
  type AllPaintProperties,
  type ErrorEvent,
  type ExpressionSpecification,
  type FilterSpecification,
  type GeoJSONSource,
  type LayerSpecification,
  type MapMouseEvent,
} from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { BASE, headers } from "../core/api";
import { COLOURS } from "../core/words";
import type { Box, Catalogue } from "../core/types";
import { mapLayers, type MapLayer } from "./colours";
import { FONTS, groundStyle, layerStyles, tilesOf } from "./style";

setWorkerUrl(new URL(workerUrl, document.baseURI).href);
// the worker's code is read while the map is made, not after
prewarm();

export interface Shown {
  id: string;
  opacity: number;
}
/** What lies under a pointer: a collection's features, the topmost first. */
export interface Pointed {
  at: [number, number];
  features: { collection: string; properties: Record<string, unknown> }[];
}
export interface ConflictLook {
  snapshot: string;
  filter: FilterSpecification | null;
  chosen: string | null;
}

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const LAYERS = "layer:";
const CONFLICTS = "conflicts";

/** By the property `severity` or `outcome` of a feature. */
function byGravity(property: string): ExpressionSpecification {
  const pairs = Object.entries(COLOURS).flat();
  return ["match", ["get", property], ...pairs, "#444"] as unknown as ExpressionSpecification;
}

export class Stage {
  readonly map: GlMap;
  layers: Map<string, MapLayer>;
  readonly bounds = signal<Box | null>(null);
  readonly pointed = signal<Pointed | null>(null);
  readonly failed = signal(false);
  private shown: Shown[] = [];
  private snapshot: string;
  private conflicts: ConflictLook | null = null;
  /** Whether there is (still) a map to draw on. */
  private ready: Promise<boolean>;
  private removed = false;

  constructor(
    readonly container: HTMLElement,
    public catalogue: Catalogue,
    snapshot = catalogue.snapshot.id,
  ) {
    this.snapshot = snapshot;
    this.layers = mapLayers(catalogue);
    const city = catalogue.city;
    this.map = new GlMap({
      container,
      style: groundStyle(city, snapshot, this.layers),
      bounds: city.bounds,
      fitBoundsOptions: { padding: 8 },
      maxZoom: 20,
      minZoom: 7,
      localIdeographFontFamily: FONTS,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      validateStyle: false, // it is ours
      // the same tiles for all: the key goes to our own service and nowhere else
      transformRequest: (url: string) => (url.startsWith(`${BASE}/`) ? { url, headers: headers("*/*") } : { url }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.ready = new Promise((resolve) => this.map.once("style.load", () => resolve(true)));
    this.map.on("moveend", () => this.tellBounds());
    this.map.on("click", (event) => this.point(event));
    this.map.on("error", (event: ErrorEvent) => {
      // a tile that is not there any more is told once; the page goes on
      this.failed.value = true;
      console.warn(event.error.message);
    });
    this.map.on("idle", () => {
      this.container.setAttribute("data-idle", "true");
      // when it was first of use, in ms since the page was asked for: the whole ground is drawn
      this.container.dataset["first"] ??= String(Math.round(performance.now()));
    });
    this.map.on("dataloading", () => this.container.removeAttribute("data-idle"));
    void this.ready.then(() => this.removed || this.tellBounds());
  }

  /** Know the layers that a reader may see now. */
  know(catalogue: Catalogue): void {
    this.catalogue = catalogue;
    this.layers = mapLayers(catalogue);
  }

  /** Layers of the catalogue, the first one lowest; of a snapshot. */
  async show(layers: Shown[], snapshot: string): Promise<void> {
    if (!(await this.ready) || this.removed) return;
    const map = this.map;
    const wanted = new Set(layers.map((one) => one.id));
    for (const one of this.shown) {
      if (snapshot !== this.snapshot || !wanted.has(one.id)) this.take(`${LAYERS}${one.id}`);
    }
    this.snapshot = snapshot;
    for (const one of layers) {
      const known = this.layers.get(one.id);
      if (!known) continue;
      const name = `${LAYERS}${one.id}`;
      if (!map.getSource(name)) map.addSource(name, tilesOf(one.id, snapshot, this.catalogue.city));
      for (const style of layerStyles(known, name, one.opacity)) {
        if (!map.getLayer(style.id)) map.addLayer(style, this.firstOverlay());
        else for (const [what, value] of Object.entries(style.paint ?? {})) map.setPaintProperty(style.id, what as keyof AllPaintProperties, value);
        map.moveLayer(style.id, this.firstOverlay());
      }
    }
    this.shown = layers;
  }

  /** The conflicts of a snapshot, those that a filter takes; null: none. */
  async showConflicts(look: ConflictLook | null): Promise<void> {
    if (!(await this.ready) || this.removed) return;
    const map = this.map;
    if (!look || (this.conflicts && this.conflicts.snapshot !== look.snapshot)) this.take(CONFLICTS);
    this.conflicts = look;
    if (!look) return;
    if (!map.getSource(CONFLICTS)) {
      map.addSource(CONFLICTS, tilesOf(CONFLICTS, look.snapshot, this.catalogue.city));
      const from = { source: CONFLICTS, "source-layer": CONFLICTS };
      const colour = byGravity("severity");
      const chosen = ["==", ["get", "feature_id"], look.chosen ?? ""] as ExpressionSpecification;
      this.add([
        { id: `${CONFLICTS}/fill`, type: "fill", ...from, paint: { "fill-color": colour, "fill-opacity": 0.45, "fill-antialias": false } },
        { id: `${CONFLICTS}/edge`, type: "line", ...from, paint: { "line-color": colour, "line-width": 1.6 } },
        { id: `${CONFLICTS}/chosen`, type: "line", ...from, filter: chosen, paint: { "line-color": "#111", "line-width": 3.5 } },
      ]);
    }
    for (const id of ["fill", "edge"]) map.setFilter(`${CONFLICTS}/${id}`, look.filter);
    map.setFilter(`${CONFLICTS}/chosen`, ["==", ["get", "feature_id"], look.chosen ?? ""]);
  }

  /** Shapes over everything, by a name; `styles` without source are drawn once, when it is new. */
  async overlay(name: string, shapes: GeoJSON.FeatureCollection | null, styles: object[] = []): Promise<void> {
    if (!(await this.ready) || this.removed) return;
    const known = this.map.getSource(name) as GeoJSONSource | undefined;
    if (known) {
      known.setData(shapes ?? EMPTY);
      return;
    }
    if (!shapes) return;
    this.map.addSource(name, { type: "geojson", data: shapes });
    this.add(styles.map((style, at) => ({ id: `${name}/${at}`, source: name, ...style }) as LayerSpecification));
  }

  fit(box: Box, most = 16): void {
    if (this.removed) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const small = this.container.clientWidth < 500;
    this.map.fitBounds(box, { padding: small ? 28 : 60, maxZoom: most, animate: !still, duration: 500 });
  }

  /** Once there is a style to draw on; false: the map is gone. */
  async isReady(): Promise<boolean> {
    return (await this.ready) && !this.removed;
  }

  get isThere(): boolean {
    return !this.removed;
  }

  /** The whole city. */
  home(): void {
    this.fit(this.catalogue.city.bounds);
  }

  private add(styles: LayerSpecification[]): void {
    // what is drawn of a site lies over conflicts, whichever came first
    const first = this.map.getStyle().layers.find((layer) => layer.id.startsWith("over:"))?.id;
    for (const style of styles) this.map.addLayer(style, style.id.startsWith("over:") ? undefined : first);
  }

  private firstOverlay(): string | undefined {
    return this.map.getStyle().layers.find(
      (layer) => layer.id.startsWith("over:") || layer.id.startsWith(CONFLICTS) || layer.id.startsWith("td-"),
    )?.id;
  }

  private take(source: string): void {
    for (const layer of this.map.getStyle().layers) {
      if ("source" in layer && layer.source === source) this.map.removeLayer(layer.id);
    }
    if (this.map.getSource(source)) this.map.removeSource(source);
  }

  private tellBounds(): void {
    const box = this.map.getBounds();
    this.bounds.value = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
    this.container.dataset["view"] = this.bounds.value.map((value) => value.toFixed(5)).join(",");
  }

  private point(event: MapMouseEvent): void {
    const near = 4;
    const { x, y } = event.point;
    const found = this.map
      .queryRenderedFeatures([[x - near, y - near], [x + near, y + near]])
      .filter((one) => one.source === CONFLICTS || one.source.startsWith(LAYERS));
    const seen = new Set<string>();
    const features: Pointed["features"] = [];
    for (const one of found) {
      const collection = one.sourceLayer ?? "";
      const name = `${collection} ${String(one.properties["feature_id"])}`;
      if (seen.has(name)) continue;
      seen.add(name);
      features.push({ collection, properties: one.properties });
    }
    this.pointed.value = { at: event.lngLat.toArray() as [number, number], features };
  }

  remove(): void {
    this.removed = true;
    this.map.remove();
  }
}
