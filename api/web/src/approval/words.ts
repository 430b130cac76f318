/** What stages, states, lights and answers are called. */
import type { Bilingual } from "../core/lang";
import type { Answer, CaseState, Light, Stage } from "./types";

export const STAGES: Record<Stage, Bilingual> = {
  generation: { zh: "策划生成", en: "planning generation" },
  land: { zh: "立项用地规划许可", en: "land-use permit" },
  construction: { zh: "工程建设许可", en: "construction permit" },
  building: { zh: "施工许可", en: "building permit" },
  completion: { zh: "竣工验收", en: "completion" },
};
export const CASE_STATES: Record<CaseState, Bilingual> = {
  opened: { zh: "已建案", en: "opened" },
  screened: { zh: "已预审", en: "screened" },
  asked: { zh: "征求意见中", en: "departments asked" },
  answered: { zh: "意见已齐", en: "all answered" },
  concluded: { zh: "已出具意见", en: "outcome issued" },
};
export const FINDINGS: Record<string, Bilingual> = {
  none: { zh: "未预审", en: "not screened" },
  current: { zh: "有效", en: "current" },
  superseded: { zh: "已被替代（用地或指标已变更）", en: "superseded: site or figures changed" },
  expired: { zh: "已过有效期", en: "expired" },
};
/** Words, and the colour that stands beside them. */
export const LIGHTS: Record<Light, Bilingual & { look: string; sign: string }> = {
  overdue: { zh: "超期", en: "overdue", look: "prohibited", sign: "✕" },
  due_soon: { zh: "临期", en: "due soon", look: "restricted", sign: "!" },
  suspended: { zh: "依法停计", en: "suspended", look: "consult", sign: "‖" },
  with_applicant: { zh: "申请人补正", en: "with the applicant", look: "consult", sign: "↩" },
  running: { zh: "正常", en: "in time", look: "pass", sign: "●" },
  done: { zh: "按期办结", en: "done in time", look: "pass", sign: "✓" },
  done_late: { zh: "超期办结", en: "done late", look: "notice", sign: "✓" },
  not_begun: { zh: "未接件", en: "not begun", look: "notice", sign: "○" },
  closed: { zh: "终止", en: "closed", look: "notice", sign: "—" },
};
export const ANSWERS: Record<Answer, Bilingual & { look: string }> = {
  agree: { zh: "同意", en: "agree", look: "pass" },
  agree_with_conditions: { zh: "有条件同意", en: "agree on conditions", look: "consult" },
  disagree: { zh: "不同意", en: "disagree", look: "prohibited" },
  not_concerned: { zh: "不涉及", en: "not concerned", look: "notice" },
};
export const REPLIES: Record<string, Bilingual> = {
  awaited: { zh: "待反馈", en: "awaited" },
  answered: { zh: "已反馈", en: "answered" },
  not_answered: { zh: "逾期未反馈", en: "not answered in time" },
  released: { zh: "不再涉及", en: "released" },
};
export const OUTCOMES: Record<string, Bilingual & { look: string }> = {
  positive: { zh: "同意", en: "agreed", look: "pass" },
  conditional: { zh: "有条件同意", en: "agreed on conditions", look: "consult" },
  negative: { zh: "不同意", en: "not agreed", look: "prohibited" },
  open: { zh: "尚不能作出结论", en: "not settled", look: "incomplete" },
};
export const LINKS: Record<string, Bilingual> = {
  phase: { zh: "分期", en: "phase" },
  split: { zh: "拆分", en: "split" },
  merge: { zh: "合并", en: "merger" },
  change: { zh: "变更", en: "change" },
  replace: { zh: "替代", en: "replacement" },
};
export const KEPT: Record<string, Bilingual & { look: string }> = {
  held: { zh: "守恒", en: "adds up", look: "pass" },
  broken: { zh: "不守恒", en: "does not add up", look: "prohibited" },
  undecided: { zh: "无法判断", en: "undecided", look: "incomplete" },
};
export const MADE_BY: Record<string, Bilingual> = {
  applicant: { zh: "申请人", en: "applicant" },
  professional: { zh: "中介机构", en: "professional" },
  authority: { zh: "部门", en: "authority" },
};
export const LEDGER: Record<string, Bilingual> = {
  opened: { zh: "建案", en: "opened" },
  screening: { zh: "预审", en: "screened" },
  findings: { zh: "结论封存", en: "findings frozen" },
  check: { zh: "附入预检", en: "check attached" },
  request: { zh: "征求意见", en: "asked" },
  release: { zh: "不再征求", en: "released" },
  opinion: { zh: "部门意见", en: "opinion" },
  outcome: { zh: "出具意见", en: "outcome" },
  flag: { zh: "提示变化", en: "flagged" },
};
export const PROJECT_STATES: Record<string, Bilingual> = {
  proposed: { zh: "已提出", en: "proposed" },
  screening: { zh: "策划中", en: "being screened" },
  in_progress: { zh: "推进中", en: "in progress" },
  completed: { zh: "已完成", en: "completed" },
  withdrawn: { zh: "已撤回", en: "withdrawn" },
};
