/** Numbers and days for people. */
import { lang, say } from "./lang";
import type { Area } from "./types";

export function number(value: number, digits = 0): string {
  return value.toLocaleString(lang.value === "zh" ? "zh-CN" : "en-GB", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** An area by the calibre that decides: 公顷, or m² where that says more. */
export function area(given: Area): string {
  if (given.hectares >= 100) return `${number(given.hectares / 100, 2)} km²`;
  if (given.hectares >= 0.1) return `${number(given.hectares, 2)} ${say("公顷", "ha")}`;
  const m2 = given.decided_by === "projected" ? given.projected_m2 : given.ellipsoidal_m2;
  return `${number(m2, m2 < 10 ? 2 : 0)} m²`;
}

/** Both calibres, the deciding one first. */
export function calibres(given: Area): string {
  const globe = `${say("椭球", "ellipsoidal")} ${number(given.ellipsoidal_m2, 1)} m²`;
  const plane = `${say("投影", "projected")} ${number(given.projected_m2, 1)} m²`;
  const [first, second] = given.decided_by === "ellipsoidal" ? [globe, plane] : [plane, globe];
  return `${first}${say("（为准）", " (decides)")} / ${second}`;
}

export function percent(share: number): string {
  if (share > 0 && share < 0.0001) return "<0.01%";
  return `${number(share * 100, share < 0.01 ? 2 : 1)}%`;
}

export function metres(length: number): string {
  if (length >= 10_000) return `${number(length / 1000, 1)} km`;
  return `${number(length, length < 10 ? 2 : 1)} m`;
}

/** A moment as its day and minute, by the clock of whoever reads. */
export function moment(text: string): string {
  const at = new Date(text);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
