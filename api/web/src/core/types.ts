/** The documents of the service that this page reads, as /openapi.json describes them. */
import type { Bilingual } from "./lang";

export type Box = [number, number, number, number];
export type Outcome = "clear" | "notice" | "consult" | "restricted" | "prohibited" | "no_data";
export type Verdict = "pass" | "notice" | "consult" | "restricted" | "prohibited" | "incomplete";
export type YesNo = "yes" | "no";
export type Role = "applicant" | "planner" | "officer" | "approver" | "administrator";

export interface Link {
  href: string;
  rel: string;
  title: string;
}
export interface Area {
  projected_m2: number;
  ellipsoidal_m2: number;
  decided_by: "projected" | "ellipsoidal";
  hectares: number;
  mu: number;
}
export interface Department {
  id: string;
  name: Bilingual;
}
export interface SnapshotRef {
  id: string;
  published_at: string;
  digest: string;
}
export interface LegalBasis {
  law: string;
  title: Bilingual;
  article: string | null;
  level: string;
  number: string | null;
  in_force_from: string;
  in_force_until: string | null;
  verified: boolean;
}

/* GET /caller */
export interface Caller {
  name: string;
  anonymous: boolean;
  role: Role;
  title: Bilingual;
  departments: string[];
  scopes: string[];
}

/* GET /catalogue */
export interface Layer {
  id: string;
  name: Bilingual;
  department: string;
  code: string | null;
  geometry: "polygon" | "line" | "point";
  sensitivity: "public" | "internal" | "restricted";
  update_cycle: string;
  accuracy_m: number;
  version: number | null;
  effective: string | null;
  features: number | null;
  quarantined: number | null;
  approximate: string | null;
  doubt: Bilingual | null;
}
export interface Subtheme {
  id: string;
  name: Bilingual;
  layers: Layer[];
}
export interface Theme {
  id: string;
  name: Bilingual;
  subthemes: Subtheme[];
}
export interface City {
  id: string;
  name: Bilingual;
  notice: Bilingual | null;
  crs: string;
  bounds: Box;
  day: string;
  boundary_layer: string | null;
  district_layer: string | null;
  district_field: string | null;
  base_layers: string[];
}
export interface Catalogue {
  snapshot: SnapshotRef;
  city: City;
  counts: { themes: number; subthemes: number; layers: number };
  departments: Department[];
  themes: Theme[];
}

/* GET /snapshots, /snapshots/{id}/changes */
export interface Snapshot extends SnapshotRef {
  searched: boolean;
}
export interface VersionRef {
  version: number;
  effective: string;
  features: number;
  size: number | null;
}
export interface ChangedLayer {
  layer: string;
  name: Bilingual;
  change: "added" | "removed" | "changed";
  before: VersionRef | null;
  after: VersionRef | null;
}
export interface SnapshotChanges {
  snapshot: SnapshotRef;
  against: SnapshotRef;
  same_rules: boolean;
  layers: ChangedLayer[];
}

/* GET /rules */
export interface Rule {
  id: string;
  kind: string;
  title: Bilingual;
  severity: Outcome;
  department: Department;
  layers: string[];
  in_force: boolean;
  legal_bases: LegalBasis[];
}
export interface Rules {
  rules: Rule[];
  laws: { id: string; title: Bilingual; number: string | null; in_force: boolean }[];
}

/* conflicts */
export type State = "open" | "assigned" | "proposed" | "accepted" | "exempted";
export type Change = "new" | "persisting" | "resolved" | "undecided";
export interface Side {
  layer: string;
  feature_id: string;
  department: string;
}
export interface Standing {
  state: State;
  lapsed: boolean;
  overdue: boolean;
  since: string | null;
  who: string | null;
  note: string | null;
  department: Department | null;
  due: string | null;
  until: string | null;
}
export interface ListedConflict {
  id: string;
  rule: string;
  left: Side;
  right: Side;
  area: Area | null;
  width_m: number | null;
  band: string | null;
  bbox: Box | null;
  districts: string[];
  standing: Standing;
  change: Change | null;
}
export interface Unsearched {
  rule: string;
  title: Bilingual;
  status: string;
  reason: Bilingual | null;
}
export interface ConflictPage {
  snapshot: string;
  searched_at: string;
  complete: boolean;
  not_searched_whole: Unsearched[];
  matched: number;
  more_after: boolean;
  conflicts: ListedConflict[];
}
export interface Total {
  conflicts: number;
  area: Area;
}
export interface ConflictTotals {
  whole: Total;
  complete: boolean;
  rules: { rule: string; title: Bilingual; severity: Outcome; total: Total | null }[];
  departments: { departments: Department[]; total: Total }[];
  districts: { district: string | null; total: Total }[] | null;
  no_districts: Bilingual | null;
}
export interface Entry {
  at: string;
  day: string;
  who: string;
  before: State;
  after: State;
  snapshot: string;
  step: {
    note: string | null;
    department: Department | null;
    due: string | null;
    basis: { title: Bilingual; article: string | null } | null;
    until: string | null;
  };
}
export interface ConflictFile {
  conflict: {
    id: string;
    rule: string;
    left: Side;
    right: Side;
    severity: Outcome;
    band: string;
    area: Area;
    width_m: number;
    kind: { title: Bilingual; left_class: Bilingual; right_class: Bilingual } | null;
  };
  rule: {
    rule: string;
    title: Bilingual;
    left_name: Bilingual;
    right_name: Bilingual;
    severity: Outcome;
    departments: Department[];
    legal_bases: LegalBasis[];
    notes: Bilingual[];
  };
  standing: Standing;
  history: Entry[];
  sightings: { run_id: string; searched_at: string; snapshot: string; area: Area; width_m: number }[];
}

/* deliveries */
export interface DeliveryLine {
  delivery: number;
  layer: string;
  version: number | null;
  status: "taken" | "refused";
  refused: string | null;
  delivered_at: string;
  file: string;
}
export interface DeliveryReport {
  delivery: number;
  status: "taken" | "refused";
  reasons: Bilingual[];
  layer: string;
  layer_name: Bilingual | null;
  department: Bilingual | null;
  geometry: string;
  version: number | null;
  file: string;
  format: string | null;
  crs: string | null;
  encoding: string | null;
  approximate: string | null;
  delivered_at: string;
  effective: string;
  read: number;
  kept: number;
  repaired: number;
  area_moved_m2: number;
  quarantined: number;
  flagged: number;
  kinds: Record<string, number>;
  coverage: { overlaps: number; overlap_m2: number; gaps: number; gap_m2: number } | null;
  size_before: number | null;
  size_after: number | null;
  issue_count: number;
  issues: {
    row: number;
    kind: string;
    action: "repaired" | "quarantined" | "flagged";
    detail: string;
    feature_id: string | null;
    area_moved_m2: number;
  }[];
  notes: string[];
}

/* GET /supervision */
export interface Supervision {
  day: string;
  complete: boolean;
  rules: SupervisedRule[];
}
export interface SupervisedRule {
  rule: string;
  kind: string;
  title: Bilingual;
  severity: Outcome;
  layers: string[];
  status: "kept" | "broken" | "no_data" | "not_in_force" | "withheld";
  reasons: Bilingual[];
  totals: {
    total: string;
    name: string | null;
    km2: number | null;
    at_least_km2: number | null;
    at_most_km2: number | null;
    holds: boolean | null;
  }[];
  breaches: { what: string; text: Bilingual; feature_ids: string[]; area_m2: number | null }[];
  legal_bases: LegalBasis[];
}

/* site checks */
export interface Figures {
  answers: Record<string, YesNo>;
  height_m?: number;
  ground_m?: number;
  floor_area_ratio?: number;
  building_density?: number;
  green_ratio?: number;
  setback_m?: number;
  use?: string;
}
export interface Finding {
  rule: string;
  layer: string;
  title: Bilingual;
  outcome: Outcome;
  message: Bilingual;
  notes: Bilingual[];
  department: Department;
  legal_bases: LegalBasis[];
  relation: "overlaps" | "touches" | null;
  area: Area | null;
  share: number | null;
  length_m: number | null;
  count: number | null;
  width_m: number | null;
  band: string | null;
  buffer_m: number | null;
  asked: { question: string; text: Bilingual; answer: YesNo | null } | null;
  headroom: { limit_m: number; headroom_m: number | null; ground_m: number | null; height_m: number | null } | null;
  compared: { figure: keyof Figures; relation: string; limit: number | string[] | null; given: number | string | null } | null;
  withheld: boolean;
}
export interface Suggestion {
  kind: "trim" | "shift" | "nothing" | "ask";
  text: Bilingual;
  notes: Bilingual[];
  verdict: Verdict | null;
  area: Area | null;
  geometry: GeoJSON.Geometry | null;
}
export interface SiteCheck {
  check_id: string;
  checked_at: string;
  snapshot: SnapshotRef;
  rule_pack: { id: string; version: string };
  application_date: string;
  city: Bilingual;
  city_notice: Bilingual | null;
  site: {
    name: string;
    area: Area;
    crs: string;
    source_crs: string;
    crs_assumed: boolean;
    parts: number;
    notes: string[];
    approximate: string | null;
    geometry: GeoJSON.Geometry;
  };
  project: Figures;
  verdict: Verdict;
  reasons: Bilingual[];
  robustness: { robust: boolean; text: Bilingual } | null;
  what_would_change_it: {
    kind: string;
    rules: string[];
    question: string | null;
    answer: YesNo | null;
    verdict: Verdict | null;
    text: Bilingual;
  }[];
  complete: boolean;
  notes: Bilingual[];
  findings: Finding[];
  layers: {
    layer: string;
    name: Bilingual;
    status: "hit" | "clear" | "no_data" | "error";
    reason: Bilingual | null;
  }[];
  suggestions?: Suggestion[];
}
