/** A site, what is said of its project, and the check of it; every change asks the service again. */
import { computed, signal } from "@preact/signals";
import { ask } from "../core/api";
import { Loader } from "../core/load";
import type { Figures, SiteCheck } from "../core/types";

export type Input =
  | { kind: "file"; file: File }
  | { kind: "shape"; geometry: object; crs: string | null; name: string };

/** Of other types than a browser tells, by their suffix. */
export const SUFFIXES = [".txt", ".zip", ".dxf", ".kml", ".geojson", ".json", ".gpkg"];

export class SiteStore {
  readonly input = signal<Input | null>(null);
  readonly project = signal<Figures>({ answers: {} });
  readonly check = new Loader<SiteCheck>();
  readonly places = new Loader<GeoJSON.FeatureCollection>();
  readonly suggested = new Loader<SiteCheck>();
  /** Suggested outlines, in degrees. */
  readonly outlines = signal<GeoJSON.FeatureCollection | null>(null);
  /** How many milliseconds the last verdict took, from the moment that it was asked for. */
  readonly took = signal<number | null>(null);
  readonly chosen = signal<number | null>(null);

  readonly suggestions = computed(() => this.suggested.value.data?.suggestions ?? this.check.value.data?.suggestions ?? null);

  async take(input: Input): Promise<void> {
    this.input.value = input;
    this.project.value = { answers: {} };
    this.chosen.value = null;
    await this.ask();
  }

  async say(change: Partial<Figures>): Promise<void> {
    const said = { ...this.project.peek(), ...change };
    for (const [name, value] of Object.entries(said)) {
      if (value === undefined || value === "") delete said[name as keyof Figures];
    }
    this.project.value = said;
    await this.ask();
  }

  /** The site as a suggestion has it. */
  async apply(geometry: GeoJSON.Geometry): Promise<void> {
    const known = this.check.value.data;
    if (!known) return;
    const said = this.project.peek();
    this.input.value = { kind: "shape", geometry, crs: known.site.crs, name: known.site.name };
    this.chosen.value = null;
    this.project.value = said;
    await this.ask();
  }

  /** A check that was made before, by its id. */
  async open(id: string): Promise<void> {
    if (this.check.value.data?.check_id === id) return;
    const found = await this.check.run((signal) => ask<SiteCheck>(`/site-checks/${encodeURIComponent(id)}`, { signal }));
    if (!found) return;
    this.input.value = { kind: "shape", geometry: found.site.geometry, crs: found.site.crs, name: found.site.name };
    this.project.value = { ...found.project, answers: found.project.answers ?? {} };
    this.took.value = null;
    this.suggested.clear();
    this.outlines.value = null;
    await this.findPlaces(found);
  }

  clear(): void {
    this.input.value = null;
    this.project.value = { answers: {} };
    for (const one of [this.check, this.places, this.suggested]) one.clear();
    this.outlines.value = null;
    this.took.value = null;
  }

  private async ask(): Promise<void> {
    const begun = performance.now();
    this.suggested.clear();
    this.outlines.value = null;
    const found = await this.check.run((signal) => this.send(false, signal));
    if (!found) {
      if (this.check.value.problem) this.places.clear();
      return;
    }
    this.took.value = performance.now() - begun;
    const blocked = found.findings.some((one) => one.outcome === "prohibited" || one.outcome === "restricted");
    await Promise.all([this.findPlaces(found), blocked ? this.findSuggestions() : null]);
  }

  /** What would help takes longer than the verdict: it is asked for after it. */
  private async findSuggestions(): Promise<void> {
    const found = await this.suggested.run((signal) => this.send(true, signal));
    if (!found?.suggestions?.some((one) => one.geometry)) return;
    const path = `/site-checks/${encodeURIComponent(found.check_id)}.geojson`;
    const drawn = await ask<GeoJSON.FeatureCollection>(path, { accept: "application/geo+json" }).catch(() => null);
    if (!drawn || this.suggested.value.data !== found) return;
    const features = drawn.features.filter((one) => one.properties?.["role"] === "suggestion");
    this.outlines.value = { type: "FeatureCollection", features };
  }

  private async findPlaces(found: SiteCheck): Promise<void> {
    const path = `/site-checks/${encodeURIComponent(found.check_id)}.geojson`;
    await this.places.run((signal) => ask(path, { accept: "application/geo+json", signal }));
  }

  private send(suggest: boolean, signal: AbortSignal): Promise<SiteCheck> {
    const input = this.input.peek()!;
    const project = this.project.peek();
    if (input.kind === "file") {
      const form = new FormData();
      form.append("file", input.file, input.file.name);
      form.append("project", JSON.stringify(project));
      form.append("suggest", String(suggest));
      return ask("/site-checks", { body: form, signal });
    }
    const body = { type: "Feature", properties: {}, ...shaped(input.geometry), project, suggest };
    return ask("/site-checks", { body, query: { crs: input.crs, name: input.name }, contentType: "application/geo+json", signal });
  }
}

/** A geometry becomes a feature's; what is a feature or several stays what it is. */
function shaped(given: object): object {
  return "coordinates" in given || "geometries" in given ? { geometry: given } : given;
}
