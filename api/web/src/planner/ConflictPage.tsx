/** All that is known of one conflict, both features on the map, and the next step of its work. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { PlannerProps } from "./PlannerDesk";
import { boxOf } from "../applicant/ApplicantDesk";
import { ask, Problem } from "../core/api";
import { area, calibres, metres, moment } from "../core/format";
import { of, say } from "../core/lang";
import { Loader } from "../core/load";
import { to } from "../core/route";
import { may } from "../core/session";
import type { ConflictFile, Entry, Rules, Side, State } from "../core/types";
import { STATES } from "../core/words";
import { Badge, Busy, Facts, Failure, Field, Laws } from "../ui/parts";

const PLACE = "over:conflict";
const LEFT = "#7b3294";
const RIGHT = "#00796b";

export function ConflictPage({ id, stage, layers, catalogue }: PlannerProps & { id: string }) {
  const file = useMemo(() => new Loader<ConflictFile>(), [id]);
  const shapes = useMemo(() => new Loader<GeoJSON.FeatureCollection>(), [id]);
  const [version, setVersion] = useState(0);
  const snapshot = layers.snapshot.value;
  useEffect(() => {
    void file.run((signal) => ask(`/conflicts/${encodeURIComponent(id)}`, { signal }));
  }, [id, version]);
  const { data, problem } = file.value;
  const sides = data ? [data.conflict.left, data.conflict.right] : [];
  const seen = data?.sightings[0]?.snapshot;
  useEffect(() => {
    if (!data) return;
    void shapes.run((signal) => found(id, sides, seen ?? snapshot, signal));
  }, [data?.conflict.id, seen]);
  const at = stage.value;
  const drawn = shapes.value.data;
  useEffect(() => {
    if (!at || !drawn) return;
    void at.overlay(PLACE, drawn, LOOK);
    const box = boxOf(drawn.features.filter((one) => one.properties?.["role"] === "conflict"));
    if (box) at.fit(box, 17);
    return () => void at.overlay(PLACE, null);
  }, [at, drawn]);
  const owner = (side: Side) => catalogue.departments.find((one) => one.id === side.department)?.name;
  return (
    <article class="conflict">
      <a href={to("plan", "conflicts")}>← {say("全部差异图斑", "All conflicts")}</a>
      {problem && <Failure problem={problem} again={() => setVersion(version + 1)} />}
      {!data && !problem && <Busy what={say("正在读取", "Reading")} />}
      {data && (
        <>
          <h2>{of(data.conflict.kind?.title ?? data.rule.title)}</h2>
          <p>
            <Badge outcome={data.conflict.severity} />{" "}
            {data.conflict.band === "suspected_error" && <span class="tag warn">{say("疑似误差", "suspected error")}</span>}
          </p>
          <Facts
            rows={[
              [say("面积", "Area"), <>{area(data.conflict.area)} <span class="note">{calibres(data.conflict.area)}</span></>],
              [say("平均宽度", "Mean width"), metres(data.conflict.width_m)],
              ...sides.map((side, place): [string, preact.ComponentChildren] => [
                place === 0 ? say("一方", "One side") : say("另一方", "Other side"),
                <>
                  <span class={`key ${place === 0 ? "left" : "right"}`} aria-hidden="true" /> {of(place === 0 ? data.rule.left_name : data.rule.right_name)}{" "}
                  <span class="note">
                    {side.feature_id} · {of(owner(side) ?? { zh: side.department, en: side.department })}
                    {data.conflict.kind && ` · ${of(place === 0 ? data.conflict.kind.left_class : data.conflict.kind.right_class)}`}
                  </span>
                </>,
              ]),
              [say("编号", "Number"), <code>{id}</code>],
            ]}
          />
          {shapes.value.problem && <p class="note">{say("一方的图形不能显示：", "A side cannot be drawn: ")}{shapes.value.problem.message}</p>}
          <section>
            <h2>{say("法律依据", "Law")}</h2>
            <Laws bases={data.rule.legal_bases} />
          </section>
          <Standing data={data} />
          <section>
            <h2>{say("经过", "History")}</h2>
            <ol class="history">
              {data.history.map((one) => <Step key={one.at + one.after} one={one} />)}
              {[...data.sightings].map((one) => (
                <li key={one.run_id}>
                  <span class="note">{moment(one.searched_at)}</span> {say(`快照 ${one.snapshot} 检出 ${area(one.area)}，宽 ${metres(one.width_m)}`, `found in snapshot ${one.snapshot}: ${area(one.area)}, ${metres(one.width_m)} wide`)}
                </li>
              ))}
            </ol>
          </section>
          {may("change") ? <NextStep id={id} data={data} catalogue={catalogue} done={() => setVersion(version + 1)} /> : <p class="note">{say("登录后可以交办、提方案、豁免。", "Sign in to assign it, propose how to settle it, or exempt it.")}</p>}
        </>
      )}
    </article>
  );
}

const LOOK: object[] = [
  { type: "fill", filter: ["==", ["get", "role"], "left"], paint: { "fill-color": LEFT, "fill-opacity": 0.14 } },
  { type: "fill", filter: ["==", ["get", "role"], "right"], paint: { "fill-color": RIGHT, "fill-opacity": 0.14 } },
  { type: "fill", filter: ["==", ["get", "role"], "conflict"], paint: { "fill-color": "#a50026", "fill-opacity": 0.5 } },
  { type: "line", filter: ["==", ["get", "role"], "left"], paint: { "line-color": LEFT, "line-width": 2.5 } },
  { type: "line", filter: ["==", ["get", "role"], "right"], paint: { "line-color": RIGHT, "line-width": 2.5, "line-dasharray": [3, 1.5] } },
  { type: "line", filter: ["==", ["get", "role"], "conflict"], paint: { "line-color": "#a50026", "line-width": 2.5 } },
];

async function found(id: string, sides: Side[], snapshot: string, signal: AbortSignal): Promise<GeoJSON.FeatureCollection> {
  const item = (collection: string, feature: string, role: string) =>
    ask<GeoJSON.Feature>(`/collections/${collection}/items/${encodeURIComponent(feature)}`, { query: { snapshot }, accept: "application/geo+json", signal }).then(
      (one) => ({ ...one, properties: { role } }),
    );
  const wanted = [
    item("conflicts", id, "conflict"),
    ...sides.map((side, place) => item(side.layer, side.feature_id, place === 0 ? "left" : "right")),
  ];
  const settled = await Promise.allSettled(wanted);
  const features = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (!features.length) throw settled[0]!.status === "rejected" ? settled[0]!.reason : new Error();
  return { type: "FeatureCollection", features };
}

function Standing({ data }: { data: ConflictFile }) {
  const { standing } = data;
  return (
    <section>
      <h2>{say("办理", "Where it stands")}</h2>
      <p>
        <strong>{of(STATES[standing.state])}</strong>
        {standing.department && ` · ${of(standing.department.name)}`}
        {standing.due && say(` · ${standing.due} 前办结`, ` · due ${standing.due}`)}
        {standing.overdue && <span class="tag warn">{say("已逾期", "overdue")}</span>}
        {standing.until && say(` · 豁免至 ${standing.until}`, ` · exempt until ${standing.until}`)}
      </p>
      {standing.note && <p>{standing.note}</p>}
    </section>
  );
}

function Step({ one }: { one: Entry }) {
  const { step } = one;
  return (
    <li>
      <span class="note">{one.day}</span> {one.who}{say("：", ": ")}{of(STATES[one.before])} → {of(STATES[one.after])}
      {step.department && ` · ${of(step.department.name)}`}
      {step.due && say(` · ${step.due} 前`, ` · by ${step.due}`)}
      {step.basis && ` · ${of(step.basis.title)}${step.basis.article ?? ""}`}
      {step.until && say(` · 至 ${step.until}`, ` · until ${step.until}`)}
      {step.note && <div class="note">{step.note}</div>}
    </li>
  );
}

/** Which states may follow which, as the service keeps to. */
const FOLLOWS: Record<State, State[]> = {
  open: ["assigned", "exempted"],
  assigned: ["proposed", "assigned", "exempted", "open"],
  proposed: ["accepted", "assigned", "exempted", "open"],
  accepted: ["open"],
  exempted: ["open", "exempted"],
};
const VERBS: Record<State, [string, string]> = {
  assigned: ["交办", "Assign"],
  proposed: ["提方案", "Propose"],
  accepted: ["采纳", "Accept"],
  exempted: ["豁免", "Exempt"],
  open: ["重新打开", "Open again"],
};

function NextStep({ id, data, catalogue, done }: { id: string; data: ConflictFile; catalogue: PlannerProps["catalogue"]; done: () => void }) {
  const ahead = FOLLOWS[data.standing.state];
  const [after, setAfter] = useState<State>(ahead[0]!);
  const [problem, setProblem] = useState<Problem | null>(null);
  const laws = useMemo(() => new Loader<Rules>(), []);
  useEffect(() => {
    if (after === "exempted") void laws.run((signal) => ask("/rules", { signal }));
  }, [after]);
  async function take(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setProblem(null);
    const form = event.currentTarget as HTMLFormElement;
    const said = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    try {
      await ask(`/conflicts/${encodeURIComponent(id)}/steps`, { body: { after, ...said } });
      done();
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
    }
  }
  const involved = [data.conflict.left.department, data.conflict.right.department];
  const offices = [...catalogue.departments].sort((a, b) => Number(involved.includes(b.id)) - Number(involved.includes(a.id)));
  return (
    <form class="step" onSubmit={(event) => void take(event)} aria-label={say("下一步", "Next step")}>
      <h2>{say("下一步", "Next step")}</h2>
      <div class="row">
        {ahead.map((one) => (
          <label key={one}>
            <input type="radio" checked={after === one} onChange={() => setAfter(one)} /> {say(...VERBS[one])}
          </label>
        ))}
      </div>
      {after === "assigned" && (
        <>
          <Field label={say("交给", "To")}>
            <select name="department" required>
              {offices.map((one) => (
                <option key={one.id} value={one.id}>
                  {of(one.name)}
                </option>
              ))}
            </select>
          </Field>
          <Field label={say("办结期限", "Due")}>
            <input type="date" name="due" required min={catalogue.city.day} />
          </Field>
        </>
      )}
      {after === "exempted" && (
        <>
          <Field label={say("法律依据", "Law")}>
            <select name="law" required>
              {laws.value.data?.laws.filter((one) => one.in_force).map((one) => (
                <option key={one.id} value={one.id}>
                  {of(one.title)}
                </option>
              ))}
            </select>
          </Field>
          <Field label={say("条款", "Article")}>
            <input type="text" name="article" />
          </Field>
          <Field label={say("豁免至", "Until")}>
            <input type="date" name="until" required min={catalogue.city.day} />
          </Field>
        </>
      )}
      <Field label={say("经办", "By")}>
        <input type="text" name="by" required placeholder={say("如：多规办", "such as: planning office")} />
      </Field>
      <Field label={after === "proposed" ? say("方案", "What is proposed") : say("说明", "Note")}>
        <textarea name="note" rows={2} required={after === "proposed"} />
      </Field>
      {problem && <Failure problem={problem} />}
      <button class="primary">{say(...VERBS[after])}</button>
    </form>
  );
}
