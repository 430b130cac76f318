/** The board of conflicts: what is asked for, the pages that came, and the same filter for the map. */
import { computed, signal } from "@preact/signals";
import type { FilterSpecification } from "maplibre-gl";
import { ask } from "../core/api";
import { Loader } from "../core/load";
import type { Box, Change, ConflictPage, ConflictTotals, ListedConflict, State } from "../core/types";

const PAGE = 50;

export interface Filter {
  rule: string;
  /** Ids, parted by a comma. */
  departments: string;
  district: string;
  state: State | "";
  against: string;
  change: Change | "";
}
const NOTHING: Filter = { rule: "", departments: "", district: "", state: "", against: "", change: "" };

export class ConflictsStore {
  readonly filter = signal<Filter>(NOTHING);
  /** Whether the list follows the map. */
  readonly follow = signal(false);
  readonly totals = new Loader<ConflictTotals>();
  readonly page = new Loader<ConflictPage>();
  readonly listed = signal<ListedConflict[]>([]);

  constructor(readonly snapshot: string) {
    void this.totals.run((signal) => ask("/conflict-totals", { query: { snapshot }, signal }));
  }

  set(change: Partial<Filter>): void {
    const next = { ...this.filter.peek(), ...change };
    this.filter.value = next.against ? next : { ...next, change: "" };
  }

  clear(): void {
    this.filter.value = NOTHING;
    this.follow.value = false;
  }

  readonly isFiltered = computed(() => Object.values(this.filter.value).some(Boolean) || this.follow.value);

  /** The first page, the gravest and largest first; `box` where the list follows the map. */
  async list(box: Box | null): Promise<void> {
    const page = await this.page.run((signal) => this.ask(null, box, signal));
    if (page) this.listed.value = page.conflicts;
  }

  async more(box: Box | null): Promise<void> {
    const last = this.listed.peek().at(-1);
    if (!last) return;
    const page = await this.page.run((signal) => this.ask(last.id, box, signal));
    if (page) this.listed.value = [...this.listed.peek(), ...page.conflicts];
  }

  private ask(after: string | null, box: Box | null, signal: AbortSignal): Promise<ConflictPage> {
    const { rule, departments, district, state, against, change } = this.filter.peek();
    const bbox = box?.map((value) => value.toFixed(6)).join(",");
    const query = { snapshot: this.snapshot, rule, departments, district, state, against, change, bbox, after, limit: PAGE, sortby: "gravity" };
    return ask("/conflicts", { query, signal });
  }

  /** The filter in the words of the tiles, which have names where the list has ids. */
  readonly mapFilter = computed((): FilterSpecification | null => {
    const { rule, departments, district, state } = this.filter.value;
    const all: unknown[] = ["all"];
    const equal = (name: string, value: string) => ["==", ["get", name], value];
    if (rule) all.push(equal("rule", rule));
    if (state) all.push(equal("state_id", state));
    if (district) all.push(["in", district, ["coalesce", ["get", "districts"], ""]]);
    if (departments) {
      const ids = departments.split(",");
      const pair = this.totals.value.data?.departments.find((one) => one.departments.map((it) => it.id).join() === departments);
      const names = pair?.departments.map((one) => one.name.zh) ?? ids;
      const [one, other] = [names[0]!, names[1] ?? names[0]!];
      const sides = (left: string, right: string) => ["all", equal("left_department", left), equal("right_department", right)];
      all.push(["any", sides(one, other), sides(other, one)]);
    }
    return all.length > 1 ? (all as FilterSpecification) : null;
  });
}
