/** What the service's own words are called, and their colours: those of its reports. */
import type { Bilingual } from "./lang";
import type { Change, Outcome, State, Verdict } from "./types";

export const COLOURS: Record<Outcome | Verdict, string> = {
  prohibited: "#a50026",
  restricted: "#c65102",
  consult: "#2166ac",
  notice: "#5b6770",
  pass: "#1b7837",
  clear: "#1b7837",
  incomplete: "#6a51a3",
  no_data: "#6a51a3",
};

/** So that colour never speaks alone. */
export const SIGNS: Record<Outcome | Verdict, string> = {
  prohibited: "✕",
  restricted: "!",
  consult: "?",
  notice: "i",
  pass: "✓",
  clear: "✓",
  incomplete: "…",
  no_data: "…",
};

export const OUTCOMES: Record<Outcome | Verdict, Bilingual> = {
  prohibited: { zh: "禁止", en: "prohibited" },
  restricted: { zh: "限制", en: "restricted" },
  consult: { zh: "征求意见", en: "consult" },
  notice: { zh: "提示", en: "notice" },
  pass: { zh: "通过", en: "pass" },
  clear: { zh: "不涉及", en: "clear" },
  incomplete: { zh: "资料不全", en: "incomplete" },
  no_data: { zh: "资料不全", en: "no data" },
};

/** The verdict in a sentence that needs no planner. */
export const VERDICTS: Record<Verdict, Bilingual> = {
  pass: { zh: "没有碰到管控要求，可以往下走", en: "Nothing stands against this site" },
  notice: { zh: "可以往下走，有几点要留意", en: "You can go on; some things to note" },
  consult: { zh: "要先征求有关部门的意见", en: "Ask the departments below first" },
  restricted: { zh: "符合条件才可以", en: "Possible on conditions only" },
  prohibited: { zh: "这块地有禁止建设的内容", en: "Part of this site may not be built on" },
  incomplete: { zh: "资料不全，还不能下结论", en: "Data are missing: no conclusion yet" },
};

export const STATES: Record<State, Bilingual> = {
  open: { zh: "待处理", en: "open" },
  assigned: { zh: "已交办", en: "assigned" },
  proposed: { zh: "已提方案", en: "proposed" },
  accepted: { zh: "已采纳", en: "accepted" },
  exempted: { zh: "已豁免", en: "exempted" },
};

export const CHANGES: Record<Change, Bilingual> = {
  new: { zh: "新增", en: "new" },
  persisting: { zh: "延续", en: "persisting" },
  resolved: { zh: "已消除", en: "resolved" },
  undecided: { zh: "无法判断", en: "undecided" },
};

export const LEVELS: Record<string, Bilingual> = {
  law: { zh: "法律", en: "law" },
  regulation: { zh: "行政法规", en: "regulation" },
  ministry: { zh: "部门规章", en: "ministry" },
  province: { zh: "省", en: "province" },
  city: { zh: "市", en: "city" },
  pilot: { zh: "试点", en: "pilot" },
  standard: { zh: "标准", en: "standard" },
};

/** The gravest first. */
export const GRAVITY: (Outcome | Verdict)[] = ["prohibited", "restricted", "consult", "no_data", "notice", "clear"];
