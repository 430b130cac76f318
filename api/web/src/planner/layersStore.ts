/** Which layers of the catalogue are shown, how opaque, in which snapshot, and beside which other. */
import { computed, effect, signal } from "@preact/signals";
import { ask } from "../core/api";
import { Loader } from "../core/load";
import type { Catalogue, Layer, Snapshot, SnapshotChanges } from "../core/types";
import type { Shown } from "../map/stage";

const KEPT = "blueprint.layers";
/** Shown to whoever comes first: what binds most. */
const FIRST = ["eco_control_line", "development_boundary", "permanent_basic_farmland"];

const SHOWN_CHANGES = 3;

export class LayersStore {
  readonly shown = signal<Shown[]>([]);
  readonly search = signal("");
  readonly snapshot = signal("");
  readonly against = signal<string | null>(null);
  readonly snapshots = new Loader<Snapshot[]>();
  readonly changes = new Loader<SnapshotChanges>();
  readonly byId: Map<string, Layer>;

  constructor(readonly catalogue: Catalogue) {
    this.byId = new Map(
      catalogue.themes.flatMap((theme) => theme.subthemes.flatMap((sub) => sub.layers.map((one) => [one.id, one] as const))),
    );
    this.snapshot.value = catalogue.snapshot.id;
    this.shown.value = this.kept();
    effect(() => sessionStorage.setItem(KEPT, JSON.stringify(this.shown.value)));
    void this.snapshots.run(async (signal) => (await ask<{ snapshots: Snapshot[] }>("/snapshots", { signal })).snapshots);
  }

  readonly ids = computed(() => new Set(this.shown.value.map((one) => one.id)));

  toggle(id: string): void {
    const known = this.shown.peek();
    this.shown.value = known.some((one) => one.id === id)
      ? known.filter((one) => one.id !== id)
      : [...known, { id, opacity: 1 }];
  }

  setOpacity(id: string, opacity: number): void {
    this.shown.value = this.shown.peek().map((one) => (one.id === id ? { id, opacity } : one));
  }

  /** Whether a layer is of those that are looked for, by name, id, code or department. */
  matches(layer: Layer): boolean {
    const text = this.search.value.trim().toLowerCase();
    if (!text) return true;
    const owner = this.catalogue.departments.find((one) => one.id === layer.department)?.name;
    return [layer.id, layer.name.zh, layer.name.en, layer.code, owner?.zh, owner?.en].some((one) => one?.toLowerCase().includes(text));
  }

  /** Hold another snapshot against this one; few layers that differ are switched on. */
  async compareWith(id: string | null): Promise<void> {
    this.against.value = id;
    if (!id) return this.changes.clear();
    const path = `/snapshots/${this.snapshot.peek()}/changes`;
    const found = await this.changes.run((signal) => ask<SnapshotChanges>(path, { query: { against: id }, signal }));
    const differ = found?.layers.filter((one) => this.byId.has(one.layer) && !this.ids.peek().has(one.layer)) ?? [];
    if (differ.length <= SHOWN_CHANGES) for (const one of differ) this.toggle(one.layer);
  }

  private kept(): Shown[] {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Shown[] | null;
      if (kept) return kept.filter((one) => this.byId.has(one.id));
    } catch {
      // what another version of the page has kept
    }
    return FIRST.filter((id) => this.byId.has(id)).map((id) => ({ id, opacity: 1 }));
  }
}
