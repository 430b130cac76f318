/** One case: frozen findings, opinions side by side, clock, materials, lineage, what changed since. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { DeskProps } from "../App";
import { boxOf, LOOK } from "../applicant/ApplicantDesk";
import { Line } from "../applicant/Verdict";
import { ask, Problem, save } from "../core/api";
import { area, moment } from "../core/format";
import { lang, of, say } from "../core/lang";
import { Loader } from "../core/load";
import { steps, to } from "../core/route";
import { may } from "../core/session";
import { GRAVITY, VERDICTS } from "../core/words";
import { Badge, Busy, Failure, Tabs } from "../ui/parts";
import { Attached } from "./Attached";
import { Changed } from "./Changed";
import { ClockPanel } from "./ClockPanel";
import { LineagePanel } from "./LineagePanel";
import { MaterialsPanel } from "./MaterialsPanel";
import { Opinions } from "./Opinions";
import type { CaseFile, CaseFindings, Outcome0 } from "./types";
import { CASE_STATES, FINDINGS, LEDGER, OUTCOMES, STAGES } from "./words";

const PLACES = "over:case";

export interface PanelProps {
  id: string;
  file: CaseFile;
  again: () => void;
}

export function CasePage({ id, stage, catalogue }: DeskProps & { id: string }) {
  const file = useMemo(() => new Loader<CaseFile>(), [id]);
  const places = useMemo(() => new Loader<GeoJSON.FeatureCollection>(), [id]);
  const path = `/cases/${encodeURIComponent(id)}`;
  const load = () => void file.run((signal) => ask(path, { signal }));
  useEffect(load, [file]);
  const { data, problem } = file.value;
  const newest = data?.screenings.at(-1);
  useEffect(() => {
    if (!newest) return;
    const there = `/site-checks/${encodeURIComponent(newest.check_id)}.geojson`;
    void places.run((signal) => ask(there, { accept: "application/geo+json", signal }));
  }, [newest?.check_id]);
  const at = stage.value;
  const drawn = places.value.data;
  useEffect(() => {
    if (!at || !drawn) return;
    void at.overlay(PLACES, drawn, LOOK);
    const box = boxOf(drawn.features.slice(0, 1));
    if (box) at.fit(box, 16);
    return () => void at.overlay(PLACES, null);
  }, [at, drawn]);
  const now = steps.value[2] ?? "findings";
  if (problem) return <Failure problem={problem} again={load} />;
  if (!data) return <Busy what={say("正在读取案卷", "Reading the case")} />;
  const given: PanelProps = { id, file: data, again: load };
  const tab = (name: string, label: string) => ({ id: name, label, href: to("approve", id, name) });
  return (
    <article class="case">
      <a href={to("approve")}>← {say("全部案卷", "All cases")}</a>
      <h1>{data.project.name}</h1>
      <p class="note">
        {data.project.proposer} · {of(STAGES[data.stage])} · {say("申请日期", "applied")} {data.application_date} · <strong>{of(CASE_STATES[data.standing.state])}</strong>
        {data.project.code && ` · ${data.project.code}`}
      </p>
      <Actions {...given} />
      <Tabs
        label={say("案卷内容", "Parts of the case")}
        now={now}
        tabs={[
          tab("findings", say("结论", "Findings")),
          tab("opinions", say("意见", "Opinions")),
          tab("clock", say("计时", "Clock")),
          tab("materials", say("材料", "Materials")),
          tab("lineage", say("谱系", "Lineage")),
          tab("changes", say("变化与比较", "Changes, compare")),
          tab("ledger", say("记录", "Ledger")),
        ]}
      />
      {now === "findings" && <Findings {...given} />}
      {now === "opinions" && <Opinions {...given} />}
      {now === "clock" && <ClockPanel {...given} />}
      {now === "materials" && <MaterialsPanel {...given} />}
      {now === "lineage" && <LineagePanel projectId={data.project_id} />}
      {now === "changes" && <Changed {...given} catalogue={catalogue} />}
      {now === "ledger" && <Ledger file={data} />}
    </article>
  );
}

/** What approval staff may do next; the service says why not. */
function Actions({ id, file, again }: PanelProps) {
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!may("change")) return null;
  async function act(what: string, words: string): Promise<void> {
    setBusy(words);
    setProblem(null);
    try {
      await ask(`/cases/${encodeURIComponent(id)}/${what}`, { method: "POST", body: what === "outcome" ? undefined : {} });
      again();
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
    }
    setBusy(null);
  }
  const deeds: [string, string][] = [
    ["screening", file.screenings.length ? say("重新预审", "Screen again") : say("预审", "Screen")],
    ["consultations", say("征求意见", "Ask departments")],
    ["outcome", say("出具意见", "Issue the outcome")],
  ];
  return (
    <>
      <div class="row">
        {deeds.map(([what, words]) => (
          <button key={what} type="button" disabled={busy !== null} onClick={() => void act(what, words)}>
            {words}
          </button>
        ))}
      </div>
      {busy && <Busy what={busy} />}
      {problem && <Failure problem={problem} />}
    </>
  );
}

/** The outcome with its list of conditions as files, in the language of the page. */
function OutcomeFiles({ id }: { id: string }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  async function get(form: "pdf" | "docx"): Promise<void> {
    setBusy(true);
    setProblem(null);
    const path = `/cases/${encodeURIComponent(id)}/outcome.${form}`;
    try {
      await save(path, `outcome-${id}.${form}`, "*/*", { lang: lang.peek() });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <p class="row">
        <span>{say("策划生成意见和建设条件清单：", "Outcome and list of conditions:")}</span>
        <button type="button" disabled={busy} onClick={() => void get("pdf")}>
          PDF
        </button>
        <button type="button" disabled={busy} onClick={() => void get("docx")}>
          Word
        </button>
        {busy && <Busy what={say("正在生成文件", "Making the file")} />}
      </p>
      {problem && <Failure problem={problem} />}
    </>
  );
}

function Findings(given: PanelProps) {
  const { id, file } = given;
  const found = useMemo(() => new Loader<CaseFindings>(), [id, file.ledger.length]);
  const outcome = useMemo(() => new Loader<Outcome0>(), [id, file.ledger.length]);
  useEffect(() => {
    if (!file.screenings.length) return;
    void found.run((signal) => ask(`/cases/${encodeURIComponent(id)}/findings`, { signal }));
    if (file.standing.outcome) void outcome.run((signal) => ask(`/cases/${encodeURIComponent(id)}/outcome`, { signal }));
  }, [found]);
  if (!file.screenings.length) {
    return (
      <>
        <p>{say("还没有预审。", "Not screened yet.")}</p>
        <Attached {...given} />
      </>
    );
  }
  const { data, problem } = found.value;
  if (problem) return <Failure problem={problem} />;
  if (!data) return <Busy what={say("正在读取结论", "Reading findings")} />;
  const issued = outcome.value.data;
  return (
    <>
      {issued && (
        <section class="frozen">
          <h2>
            {say("策划生成意见", "Outcome")} <span class={`badge ${OUTCOMES[issued.outcome.verdict]!.look}`}>{of(OUTCOMES[issued.outcome.verdict]!)}</span>
          </h2>
          <ul class="reasons">
            {issued.outcome.reasons.map((one) => (
              <li key={one.zh}>{of(one)}</li>
            ))}
          </ul>
          {issued.outcome.conditions.length > 0 && (
            <ol class="conditions">
              {issued.outcome.conditions.map((one) => (
                <li key={one.number}>
                  {one.number}. {one.condition.text} <span class="note">{of(one.department.name)}</span>
                </li>
              ))}
            </ol>
          )}
          <OutcomeFiles id={id} />
        </section>
      )}
      {data.copies.slice(0, 1).map(({ findings, day, sha256 }) => {
        const check = findings.check;
        const listed = check.findings
          .filter((one) => one.outcome !== "clear")
          .sort((a, b) => GRAVITY.indexOf(a.outcome) - GRAVITY.indexOf(b.outcome));
        return (
          <>
            <section class={`verdict ${check.verdict}`} data-verdict={check.verdict}>
              <p>
                <Badge outcome={check.verdict} />
              </p>
              <h2>{of(VERDICTS[check.verdict])}</h2>
              <p class="note">
                {say(`第 ${findings.screening} 次预审，${day} 封存，快照 ${check.snapshot.id}`, `screening ${findings.screening}, frozen on ${day}, snapshot ${check.snapshot.id}`)} · {area(check.site.area)}
              </p>
              <p class="note">
                {say("有效期至", "valid until")} {data.valid_until ?? "—"} · <strong>{of(FINDINGS[data.state]!)}</strong> · <code title={sha256}>sha256 {sha256.slice(0, 16)}…</code>
              </p>
            </section>
            <ol class="findings columns">
              {listed.map((one) => (
                <Line key={`${one.rule} ${one.layer}`} finding={one} chosen={false} />
              ))}
            </ol>
          </>
        );
      })}
      {file.screenings.at(-1)?.overlaps.map((one) => (
        <p key={one.project_id} class="warning">
          {say("同一地块上另有项目：", "Another project on this ground: ")}
          {one.name}，{area(one.area)}
        </p>
      ))}
      <Attached {...given} />
    </>
  );
}

function Ledger({ file }: { file: CaseFile }) {
  return (
    <ol class="history">
      {file.ledger.map((one) => (
        <li key={one.number}>
          <span class="note">{moment(one.at)}</span> {of(LEDGER[one.kind] ?? { zh: one.kind, en: one.kind })}
          {one.department && ` · ${one.department}`}
          {one.who && ` · ${one.who}`}
          {one.sha256 && (
            <>
              {" "}
              <code title={one.sha256}>{one.sha256.slice(0, 12)}…</code>
            </>
          )}
        </li>
      ))}
      {file.ledger.length === 0 && <li>—</li>}
    </ol>
  );
}

