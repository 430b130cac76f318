/** Who is at the page: a key that is kept as long as the tab is open, and what it is good for. */
import { effect, signal } from "@preact/signals";
import type { Caller } from "./types";

const KEPT = "blueprint.key";

export const key = signal<string | null>(sessionStorage.getItem(KEPT));
export const caller = signal<Caller | null>(null);

effect(() => {
  if (key.value) sessionStorage.setItem(KEPT, key.value);
  else sessionStorage.removeItem(KEPT);
});

/** Whether the caller may do such things, as far as is known. */
export function may(scope: string): boolean {
  return caller.value?.scopes.includes(scope) ?? false;
}

export function isStaff(): boolean {
  return caller.value !== null && caller.value.role !== "applicant";
}
