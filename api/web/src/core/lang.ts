/** The language of the page: Chinese first, English by a switch. */
import { effect, signal } from "@preact/signals";

export type Lang = "zh" | "en";
/** Text in both languages, as the service gives it. */
export interface Bilingual {
  zh: string;
  en: string;
}

const KEPT = "blueprint.lang";

function initial(): Lang {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(KEPT);
  return asked === "en" ? "en" : "zh";
}

export const lang = signal<Lang>(initial());

effect(() => {
  document.documentElement.lang = lang.value === "zh" ? "zh-CN" : "en";
  localStorage.setItem(KEPT, lang.value);
});

/** One of two texts, in the language of the page. */
export function say(zh: string, en: string): string {
  return lang.value === "zh" ? zh : en;
}

/** The service's own words, in the language of the page. */
export function of(text: Bilingual): string {
  return text[lang.value];
}
