/** The documents of projects and cases that this desk reads. */
import type { Bilingual } from "../core/lang";
import type { Area, Department, LegalBasis, Outcome, SiteCheck, SnapshotRef, Verdict } from "../core/types";

export type Stage = "generation" | "land" | "construction" | "building" | "completion";
export type CaseState = "opened" | "screened" | "asked" | "answered" | "concluded";
export type Light = "not_begun" | "with_applicant" | "suspended" | "running" | "due_soon" | "overdue" | "done" | "done_late" | "closed";
export type Answer = "agree" | "agree_with_conditions" | "disagree" | "not_concerned";

export interface Consultation {
  department: Department;
  status: "awaited" | "answered" | "not_answered" | "released";
  asked_on: string;
  due: string;
  due_estimated: boolean;
  answer: Answer | null;
  late: boolean;
  questions: { finding: string; title: Bilingual; outcome: Outcome; text: Bilingual; legal_bases: LegalBasis[] }[];
}
export interface CaseLine {
  id: string;
  project_id: string;
  stage: Stage;
  application_date: string;
  opened_at: string;
  project: { id: string; name: string; proposer: string; code: string | null };
  standing: {
    state: CaseState;
    findings: "none" | "current" | "superseded" | "expired";
    valid_until: string | null;
    asked: number;
    answered: number;
    overdue: number;
    due: string | null;
    to_ask: boolean;
    flagged: boolean;
    outcome: string | null;
  };
  consultations: Consultation[];
}
export interface CaseFile extends CaseLine {
  screenings: {
    screening: number;
    day: string;
    project_version: number;
    snapshot: SnapshotRef;
    check_id: string;
    verdict: Verdict | null;
    valid_until: string;
    overlaps: { project_id: string; name: string; area: Area; share: number }[];
  }[];
  ledger: { number: number; at: string; day: string; kind: string; department: string | null; who: string | null; sha256: string | null }[];
}
export interface CaseFindings {
  state: CaseLine["standing"]["findings"];
  valid_until: string | null;
  copies: { number: number; day: string; sha256: string; findings: { screening: number; audience: string; department: Department | null; check: SiteCheck } }[];
}
/* GET /cases/{id}/checks */
export interface AttachedCheck {
  number: number;
  day: string;
  at: string;
  who: string | null;
  note: string | null;
  check_id: string;
  snapshot: SnapshotRef;
  verdict: Verdict;
  site: string;
  area: Area;
  same_site: boolean | null;
}
export interface OpinionLine {
  number: number;
  day: string;
  signed_by: string | null;
  stands: boolean;
  opinion: {
    department: Department;
    version: number;
    answer: Answer;
    basis: { text: string | null; legal: LegalBasis | null }[];
    conditions: { text: string; figure: string | null }[];
    note: string | null;
    late: boolean;
    withheld: boolean;
  };
}
export interface Changes {
  screening: number;
  before: string;
  after: string;
  verdict_before: Verdict;
  verdict_after: Verdict;
  appeared: string[];
  gone: string[];
  changed: string[];
  layers: string[];
  rules_changed: boolean;
  site_changed: boolean;
  figures_changed: boolean;
}
export interface Measure {
  calibre: string;
  days: number | null;
  unit: string;
  runs: boolean;
  estimated: boolean;
  limit: number | null;
  within: boolean | null;
  why: Bilingual;
}
export interface ClockReport {
  as_of: string;
  estimated: boolean;
  items: {
    item: string;
    title: Bilingual;
    department: string | null;
    light: Light;
    received: string | null;
    accepted: string | null;
    ended: string | null;
    deadlines: { kind: string; state: string; limit: number; unit: string; day: string; left: number; estimated: boolean }[];
    flags: { text: Bilingual; day: string }[];
  }[];
  measures: Measure[];
  formulas: { calibre: string; title?: Bilingual; name?: Bilingual }[];
}
export interface Materials {
  approvals: { needed: ApprovalLine[]; undecided: ApprovalLine[]; notes: Bilingual[] };
  documents: {
    id: string;
    title: Bilingual;
    made_by: "applicant" | "professional" | "authority";
    stage: Stage;
    certain: boolean;
    status: "to_hand_in" | "held" | "result";
    asked_by: { approval: string; title: Bilingual; certain: boolean }[];
    held: { number: string | null; valid_until: string | null } | null;
  }[];
  counts: { asked: number; once: number; results: number; held: number; to_hand_in: number };
}
export interface ApprovalLine {
  id: string;
  title: Bilingual;
  stage: Stage;
  department: Department;
  why: { text: Bilingual }[];
}
export interface Lineage {
  project_id: string;
  scope: "all" | "visible";
  projects: { id: string; name: string; code: string | null; state: string; generation: number; site_area_m2: number | null }[];
  links: { id: number; kind: string; parent_id: string; child_id: string; day: string; note: { scope: string | null; reason: string | null } }[];
  doubts: Bilingual[];
  conservation: { outcome: string | null; checks: { id: string; outcome: "held" | "broken" | "undecided"; message: Bilingual }[] };
}
export interface Outcome0 {
  day: string;
  stands: boolean;
  outcome: {
    verdict: "positive" | "conditional" | "negative" | "open";
    reasons: Bilingual[];
    conditions: { number: number; department: Department; condition: { text: string }; met: boolean | null }[];
    contradictions: { text?: Bilingual }[];
    valid_until: string;
  };
}
