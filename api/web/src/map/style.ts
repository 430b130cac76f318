/** The ground map and the layers on it, all from our own tiles; letters from the reader's own fonts. */
import type { LayerSpecification, StyleSpecification, VectorSourceSpecification } from "maplibre-gl";
import { BASE } from "../core/api";
import type { City } from "../core/types";
import type { MapLayer } from "./colours";

export const FONTS = '"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
/** Tiles of this zoom hold more than a screen can show; nearer ones are drawn of them. */
const DEEPEST = 16;
const SEA = "#dce8ee";
const LAND = "#f8f6f1";

function source(path: string, query: Record<string, string>, city: City): VectorSourceSpecification {
  const asked = new URLSearchParams(query);
  return {
    type: "vector",
    tiles: [`${BASE}${path}/WebMercatorQuad/{z}/{y}/{x}?${asked}`],
    maxzoom: DEEPEST,
    minzoom: 6,
    bounds: city.bounds,
  };
}

/** Tiles of one collection in one snapshot: they never change, so that a browser asks once. */
export function tilesOf(collection: string, snapshot: string, city: City): VectorSourceSpecification {
  return source(`/collections/${collection}/tiles`, { snapshot }, city);
}

/**
 * The ground: few kinds of drawing, for each kind is a program that has to be compiled before anything
 * is seen. Edges are drawn as lines, so that areas need no smooth outline of their own.
 */
export function groundStyle(city: City, snapshot: string, layers: Map<string, MapLayer>): StyleSpecification {
  const names = [city.boundary_layer, ...city.base_layers, city.district_layer].filter(
    (name): name is string => name !== null,
  );
  const style: StyleSpecification = {
    version: 8,
    sources: {},
    layers: [{ id: "sea", type: "background", paint: { "background-color": SEA } }],
  };
  if (!names.length) return style;
  style.sources["ground"] = source("/tiles", { collections: names.join(","), snapshot }, city);
  const draw = (layer: object): void => {
    style.layers.push({ source: "ground", ...layer } as LayerSpecification);
  };
  if (city.boundary_layer) {
    draw({ id: "land", type: "fill", "source-layer": city.boundary_layer, paint: { "fill-color": LAND, "fill-antialias": false } });
  }
  for (const name of city.base_layers) {
    const known = layers.get(name);
    if (known?.geometry === "polygon") {
      const paint = { "fill-color": known.colour, "fill-opacity": 0.2, "fill-antialias": false };
      draw({ id: `ground-${name}`, type: "fill", "source-layer": name, paint });
    } else if (known?.geometry === "line") {
      const width = ["interpolate", ["exponential", 1.6], ["zoom"], 9, 0.4, 13, 1.2, 17, 6];
      const paint = { "line-color": "#b9bfc4", "line-width": width };
      draw({ id: `ground-${name}`, type: "line", "source-layer": name, paint });
    }
  }
  if (city.district_layer) {
    const paint = { "line-color": "#9aa3aa", "line-width": 1 };
    draw({ id: "districts", type: "line", "source-layer": city.district_layer, paint });
  }
  if (city.boundary_layer) {
    const paint = { "line-color": "#76828b", "line-width": 1.2 };
    draw({ id: "shore", type: "line", "source-layer": city.boundary_layer, paint });
  }
  return style;
}

/** How one layer of the catalogue is drawn; `opacity` 0 to 1. */
export function layerStyles(layer: MapLayer, name: string, opacity: number): LayerSpecification[] {
  const from = { source: name, "source-layer": layer.id };
  if (layer.geometry === "polygon") {
    return [
      {
        id: `${name}/fill`,
        type: "fill",
        ...from,
        filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": layer.colour, "fill-opacity": 0.38 * opacity, "fill-antialias": false },
      },
      {
        id: `${name}/edge`,
        type: "line",
        ...from,
        paint: {
          "line-color": layer.colour,
          "line-opacity": opacity,
          "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.7, 15, 1.8],
        },
      },
    ];
  }
  if (layer.geometry === "line") {
    return [
      {
        id: `${name}/edge`,
        type: "line",
        ...from,
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": layer.colour,
          "line-opacity": opacity,
          "line-width": ["interpolate", ["linear"], ["zoom"], 9, 1.1, 15, 3.2],
        },
      },
    ];
  }
  return [
    {
      id: `${name}/dot`,
      type: "circle",
      ...from,
      paint: {
        "circle-color": layer.colour,
        "circle-opacity": opacity,
        "circle-stroke-color": "#fff",
        "circle-stroke-opacity": opacity,
        "circle-stroke-width": 1,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 2.5, 15, 5.5],
      },
    },
  ];
}
