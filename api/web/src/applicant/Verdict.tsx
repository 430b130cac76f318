/** The answer: the verdict first, then what would change it, the findings, what was not checked. */
import { useState } from "preact/hooks";
import { Problem, save } from "../core/api";
import { area, calibres, metres, number, percent } from "../core/format";
import { lang, of, say } from "../core/lang";
import type { Finding, SiteCheck } from "../core/types";
import { GRAVITY, VERDICTS } from "../core/words";
import { Badge, Busy, Failure, Laws } from "../ui/parts";
import { OpenCase } from "./OpenCase";
import { Questions } from "./Questions";
import type { SiteStore } from "./siteStore";
import { Suggestions } from "./Suggestions";

interface VerdictProps {
  store: SiteStore;
  check: SiteCheck;
  applied: () => void;
}

export function Verdict({ store, check, applied }: VerdictProps) {
  const order = (one: Finding) => GRAVITY.indexOf(one.outcome);
  const found = check.findings
    .map((finding, place) => ({ finding, place }))
    .filter(({ finding }) => finding.outcome !== "clear" && finding.outcome !== "no_data")
    .sort((a, b) => order(a.finding) - order(b.finding) || (b.finding.share ?? 0) - (a.finding.share ?? 0));
  const doubts = check.findings.filter((one) => one.outcome === "no_data");
  const departments = new Set(found.filter(({ finding }) => finding.outcome !== "notice").map(({ finding }) => of(finding.department.name)));
  const took = store.took.value;
  return (
    <>
      <section class={`verdict ${check.verdict}`} role="status" aria-live="polite" data-verdict={check.verdict} data-took={took === null ? undefined : Math.round(took)}>
        <p class="word">
          <Badge outcome={check.verdict} />
        </p>
        <h2>{of(VERDICTS[check.verdict])}</h2>
        <ul class="reasons">
          {check.reasons.map((reason) => (
            <li key={reason.zh}>{of(reason)}</li>
          ))}
        </ul>
        <p class="note">
          {say("用地", "Site")} {area(check.site.area)} · {calibres(check.site.area)}
          {took !== null && say(` · 用时 ${number(took / 1000, 2)} 秒`, ` · took ${number(took / 1000, 2)} s`)}
        </p>
        {departments.size > 0 && (
          <p>
            <strong>{say("要问：", "Ask: ")}</strong>
            {[...departments].join(say("、", ", "))}
          </p>
        )}
      </section>
      <Questions store={store} check={check} />
      <Suggestions store={store} applied={applied} />
      {found.length > 0 && (
        <section aria-labelledby="findings">
          <h2 id="findings">
            {say("逐项结论", "Findings")} <span class="note">{found.length}</span>
          </h2>
          <ol class="findings">
            {found.map(({ finding, place }) => (
              <Line key={`${finding.rule} ${finding.layer}`} finding={finding} chosen={store.chosen.value === place} choose={() => (store.chosen.value = place)} />
            ))}
          </ol>
        </section>
      )}
      <NotChecked check={check} doubts={doubts} />
      <More check={check} />
      <Take check={check} />
      <OpenCase check={check} />
    </>
  );
}

export function Line({ finding, chosen, choose }: { finding: Finding; chosen: boolean; choose?: () => void }) {
  const placed = !finding.withheld && (finding.area !== null || finding.length_m !== null || finding.count !== null);
  return (
    <li class={`finding ${finding.outcome}`} aria-current={chosen || undefined}>
      <h3>
        <Badge outcome={finding.outcome} /> {of(finding.title)}
      </h3>
      <p>{of(finding.message)}</p>
      <p class="size">
        {sizes(finding).join(say("；", "; "))}
        {placed && choose && (
          <button type="button" class="link" onClick={choose}>
            {say("在图上看", "Show on the map")}
          </button>
        )}
      </p>
      <p>
        <strong>{say("问谁：", "Ask: ")}</strong>
        {of(finding.department.name)}
      </p>
      <Laws bases={finding.legal_bases} />
      {finding.notes.map((note) => (
        <p class="note" key={note.zh}>
          {of(note)}
        </p>
      ))}
    </li>
  );
}

export function sizes(finding: Finding): string[] {
  const said: string[] = [];
  if (finding.withheld) said.push(say("位置和面积不予公开", "place and size are withheld"));
  if (finding.relation === "touches") said.push(say("仅边界相接", "shares the boundary alone"));
  else if (finding.area) {
    said.push(`${area(finding.area)}${finding.share === null ? "" : say(`，占用地 ${percent(finding.share)}`, `, ${percent(finding.share)} of the site`)}`);
  }
  if (finding.length_m) said.push(say(`长度 ${metres(finding.length_m)}`, `length ${metres(finding.length_m)}`));
  if (finding.count !== null) said.push(say(`${finding.count} 处`, `${finding.count} places`));
  if (finding.band === "suspected_error") said.push(say("很窄，疑似误差", "thin: suspected error"));
  if (finding.buffer_m !== null) said.push(say(`${finding.buffer_m} 米范围`, `within ${finding.buffer_m} m`));
  if (finding.headroom?.headroom_m !== null && finding.headroom) said.push(say(`净空余量 ${metres(finding.headroom.headroom_m)}`, `headroom ${metres(finding.headroom.headroom_m)}`));
  return said;
}

function NotChecked({ check, doubts }: { check: SiteCheck; doubts: Finding[] }) {
  const layers = check.layers.filter((one) => one.status === "no_data" || one.status === "error");
  const looked = check.layers.length - layers.length;
  return (
    <section aria-labelledby="unchecked">
      <h2 id="unchecked">{say("没有查到的", "What was not checked")}</h2>
      {layers.length === 0 && doubts.length === 0 ? (
        <p>{say(`规则要求的 ${looked} 个图层都查过了。`, `All ${looked} layers that rules ask for were looked at.`)}</p>
      ) : (
        <>
          <p>{say(`查过 ${looked} 个图层；下列 ${layers.length} 个没有可靠数据，不等于没有限制：`, `${looked} layers were looked at; these ${layers.length} have no data to rely on, which does not mean clear:`)}</p>
          <ul class="plain">
            {layers.slice(0, 12).map((one) => (
              <li key={one.layer}>
                <Badge outcome="no_data" /> {of(one.name)} <span class="note">{one.reason && of(one.reason)}</span>
              </li>
            ))}
          </ul>
          {layers.length > 12 && (
            <details>
              <summary>{say(`其余 ${layers.length - 12} 个`, `${layers.length - 12} more`)}</summary>
              <ul class="plain">
                {layers.slice(12).map((one) => (
                  <li key={one.layer}>
                    {of(one.name)} <span class="note">{one.reason && of(one.reason)}</span>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </>
      )}
      {check.notes.map((note) => (
        <p class="note" key={note.zh}>
          {of(note)}
        </p>
      ))}
    </section>
  );
}

function More({ check }: { check: SiteCheck }) {
  const changes = check.what_would_change_it;
  return (
    <details class="more">
      <summary>{say("结论靠得住吗？怎样会变？", "Does it stand? What would change it?")}</summary>
      {check.robustness && <p>{of(check.robustness.text)}</p>}
      <ul>
        {changes.map((one) => (
          <li key={one.text.zh}>{of(one.text)}</li>
        ))}
      </ul>
      {check.site.notes.map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      <p class="note">
        {say("申请日期", "Application date")} {check.application_date} · {say("快照", "snapshot")} {check.snapshot.id} · {say("规则", "rules")} {check.rule_pack.id} {check.rule_pack.version}
      </p>
    </details>
  );
}

const FORMS: [string, string, string, string][] = [
  ["pdf", "PDF 报告", "PDF report", "application/pdf"],
  ["docx", "Word 报告", "Word report", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["geojson", "GeoJSON", "GeoJSON", "application/geo+json"],
];

function Take({ check }: { check: SiteCheck }) {
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  async function take(form: string, accept: string): Promise<void> {
    setBusy(form);
    setProblem(null);
    try {
      await save(`/site-checks/${check.check_id}.${form}`, `${check.site.name}.${form}`, accept, form === "geojson" ? {} : { lang: lang.peek() });
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
    }
    setBusy(null);
  }
  return (
    <section aria-labelledby="report">
      <h2 id="report">{say("带走", "Take it with you")}</h2>
      <div class="row">
        {FORMS.map(([form, zh, en, accept]) => (
          <button key={form} type="button" class={form === "pdf" ? "primary" : ""} disabled={busy !== null} onClick={() => void take(form, accept)}>
            {say(zh, en)}
          </button>
        ))}
      </div>
      {busy && <Busy what={say("正在生成报告", "Making the report")} />}
      {problem && <Failure problem={problem} />}
      <p class="note">
        {say("编号", "Number")} <code>{check.check_id}</code>
      </p>
    </section>
  );
}

