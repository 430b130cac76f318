/**
 * Coordinates as people paste them → a site to send.
 *
 * Input: text. Output: GeoJSON with its CRS; or the text itself, as the file that it is. Lines with a
 * pair of numbers are corners, an empty line begins another part. Which number is which is told by
 * their size: longitudes of China lie beyond its latitudes, northings have seven digits, eastings six,
 * or eight with the number of a 3° zone before.
 */
export type Pasted =
  | { kind: "geojson"; geometry: object; crs: string | null; read: "degrees" | "plane" | "zone" | "geojson"; corners: number }
  | { kind: "text"; text: string };

export class Unreadable extends Error {
  constructor(readonly line: number) {
    super(String(line));
  }
}

type Pair = [number, number];
const NUMBER = /[-+]?\d+(?:\.\d+)?/g;
const SURVEY = /\[(地块坐标|属性描述)\]|^\s*J\d+\s*,\s*\d+\s*,/m;

export function parsePasted(text: string, cityCrs: string): Pasted {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) {
    const geometry = JSON.parse(trimmed) as object;
    return { kind: "geojson", geometry, crs: null, read: "geojson", corners: (trimmed.match(/\[\s*[-\d]/g) ?? []).length };
  }
  if (SURVEY.test(trimmed)) return { kind: "text", text };
  const parts: Pair[][] = [[]];
  let read: "degrees" | "plane" | "zone" | null = null;
  let zone: number | null = null;
  trimmed.split(/\r?\n/).forEach((line, at) => {
    // the last two numbers of a line: before them there may be the corner's own
    const numbers = (line.replace(/^\s*[A-Za-z]+\d*/, "").match(NUMBER) ?? []).map(Number);
    if (!numbers.length) {
      if (parts.at(-1)!.length) parts.push([]);
      return;
    }
    const pair = numbers.slice(-2);
    if (pair.length < 2) throw new Unreadable(at + 1);
    const found = ordered(pair as Pair);
    if (!found || (read !== null && found.read !== read) || (zone !== null && found.zone !== zone)) throw new Unreadable(at + 1);
    ({ read, zone } = found);
    parts.at(-1)!.push(found.pair);
  });
  const rings = parts.filter((part) => part.length).map(closed);
  const bad = rings.find((ring) => ring.length < 4);
  if (!rings.length || bad || read === null) throw new Unreadable(trimmed.split(/\r?\n/).length);
  const geometry = { type: "MultiPolygon", coordinates: rings.map((ring) => [ring]) };
  const crs = read === "degrees" ? null : zone === null ? cityCrs : `EPSG:${4488 + zone}`;
  return { kind: "geojson", geometry, crs, read, corners: rings.reduce((sum, ring) => sum + ring.length - 1, 0) };
}

function ordered([one, other]: Pair): { pair: Pair; read: "degrees" | "plane" | "zone"; zone: number | null } | null {
  const [less, more] = one < other ? [one, other] : [other, one];
  if (less >= 3 && less <= 54 && more >= 73 && more <= 136) return { pair: [more, less], read: "degrees", zone: null };
  const north = (value: number) => value >= 300_000 && value < 6_100_000;
  if (more >= 25e6 && more < 46e6 && north(less)) return { pair: [more, less], read: "zone", zone: Math.floor(more / 1e6) };
  if (north(more) && less >= 100_000 && less < 900_000) return { pair: [less, more], read: "plane", zone: null };
  return null;
}

function closed(ring: Pair[]): Pair[] {
  const [first, last] = [ring[0]!, ring.at(-1)!];
  return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
}
