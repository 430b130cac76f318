/** The districts' names on the map: each once, inside its largest part. */
import type { Stage } from "./stage";
import { ask } from "../core/api";

type Ring = [number, number][];

/** A point inside a ring: halfway along the widest cut through its middle. */
export function inside(ring: Ring): [number, number] {
  const ys = ring.map((point) => point[1]);
  const middle = (Math.min(...ys) + Math.max(...ys)) / 2;
  const crossings: number[] = [];
  ring.forEach(([x, y], at) => {
    const [px, py] = ring[(at + ring.length - 1) % ring.length]!;
    if (y > middle !== py > middle) crossings.push(px + ((x - px) * (middle - py)) / (y - py));
  });
  crossings.sort((one, other) => one - other);
  let best: [number, number] = [ring[0]![0], middle];
  let width = -1;
  for (let at = 0; at + 1 < crossings.length; at += 2) {
    const [from, until] = [crossings[at]!, crossings[at + 1]!];
    if (until - from > width) [width, best] = [until - from, [(from + until) / 2, middle]];
  }
  return best;
}

function extent(ring: Ring): number {
  return Math.abs(ring.reduce((sum, [x, y], at) => {
    const [px, py] = ring[(at + ring.length - 1) % ring.length]!;
    return sum + px * y - x * py;
  }, 0));
}

export async function labelDistricts(stage: Stage): Promise<void> {
  const { district_layer: layer, district_field: field } = stage.catalogue.city;
  if (!layer || !field) return;
  const query = { limit: 200, properties: field, snapshot: stage.catalogue.snapshot.id };
  const found = await ask<GeoJSON.FeatureCollection>(`/collections/${layer}/items`, { query });
  const features = found.features.flatMap((one): GeoJSON.Feature[] => {
    const parts = one.geometry.type === "MultiPolygon" ? one.geometry.coordinates : one.geometry.type === "Polygon" ? [one.geometry.coordinates] : [];
    const rings = parts.map((part) => part[0] as Ring);
    const largest = rings.sort((a, b) => extent(b) - extent(a))[0];
    if (!largest) return [];
    return [{
      type: "Feature",
      geometry: { type: "Point", coordinates: inside(largest) },
      properties: { name: one.properties?.[field] },
    }];
  });
  await stage.overlay("over:districts", { type: "FeatureCollection", features }, [
    {
      type: "symbol",
      maxzoom: 14,
      layout: { "text-field": ["get", "name"], "text-size": 14, "text-letter-spacing": 0.15, "text-font": ["sans-serif"] },
      paint: { "text-color": "#4a5660", "text-halo-color": "#ffffff", "text-halo-width": 1.6 },
    },
  ]);
}
