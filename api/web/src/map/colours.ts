/** A colour for every layer: its theme's hue, moved a little by the layer's own name. */
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
      .forEach((layer) => {
        const own = hash(layer.id);
        const turn = (own % 25) - 12;
        const shade = lightness + ((own >> 6) % 15) - 5;
        const colour = `hsl(${(hue + turn + 360) % 360}, ${saturation}%, ${shade}%)`;
        found.set(layer.id, { id: layer.id, geometry: layer.geometry, colour });
      });
  });
  return found;
}

/** A number that is the same whoever sees the layer, and beside whichever others. */
function hash(text: string): number {
  let found = 7;
  for (const letter of text) found = (found * 31 + letter.codePointAt(0)!) % 1_000_003;
  return found;
}
