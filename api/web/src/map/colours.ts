/** A colour for every layer: its theme's hue, moved a little for each layer of the theme. */
import type { Catalogue, Layer } from "../core/types";

/** Hue, saturation and lightness of the themes, in the order of the tree; more themes begin anew. */
const HUES: [number, number, number][] = [
  [145, 55, 36], [42, 85, 44], [275, 40, 48], [207, 75, 45], [186, 70, 36],
  [100, 45, 36], [22, 65, 44], [222, 12, 42], [355, 65, 50], [250, 45, 56],
  [322, 55, 48], [12, 85, 50], [62, 60, 34], [215, 18, 48], [338, 70, 42],
];

export interface MapLayer {
  id: string;
  geometry: Layer["geometry"];
  colour: string;
}

export function mapLayers(catalogue: Catalogue): Map<string, MapLayer> {
  const found = new Map<string, MapLayer>();
  catalogue.themes.forEach((theme, order) => {
    const [hue, saturation, lightness] = HUES[order % HUES.length]!;
    theme.subthemes
      .flatMap((sub) => sub.layers)
      .forEach((layer, place) => {
        // a step that does not come back soon, around the theme's own hue
        const turn = ((place * 0.618) % 1) * 36 - 18;
        const shade = lightness + ((place * 7) % 15) - 5;
        const colour = `hsl(${Math.round(hue + (place ? turn : 0) + 360) % 360}, ${saturation}%, ${shade}%)`;
        found.set(layer.id, { id: layer.id, geometry: layer.geometry, colour });
      });
  });
  return found;
}
