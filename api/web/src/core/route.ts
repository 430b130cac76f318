/** Where the page is: the part of its address behind #, as steps. */
import { computed, signal } from "@preact/signals";

const hash = signal(location.hash);
addEventListener("hashchange", () => (hash.value = location.hash));

/** #/plan/conflicts/cf_1 → ["plan", "conflicts", "cf_1"] */
export const steps = computed(() => hash.value.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent));

export function to(...names: string[]): string {
  return `#/${names.map(encodeURIComponent).join("/")}`;
}

export function go(...names: string[]): void {
  location.hash = to(...names);
}
