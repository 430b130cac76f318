/** The desk of approval staff and departments: the list of cases, and one case. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { DeskProps } from "../App";
import { ask } from "../core/api";
import { number } from "../core/format";
import { of, say } from "../core/lang";
import { Loader } from "../core/load";
import { steps, to } from "../core/route";
import { caller } from "../core/session";
import { Busy, Failure, Field } from "../ui/parts";
import { CasePage } from "./CasePage";
import type { CaseLine, Light } from "./types";
import { CASE_STATES, LIGHTS, STAGES } from "./words";

interface CaseList {
  matched: number;
  cases: CaseLine[];
}
interface Watched {
  items: { case_id: string; light: Light }[];
}
/** The most pressing first. */
const PRESSING: Light[] = ["overdue", "due_soon", "with_applicant", "suspended", "running"];

export function ApprovalDesk(given: DeskProps) {
  const who = caller.value;
  const at = given.stage.value;
  useEffect(() => {
    void at?.show([], given.catalogue.snapshot.id);
  }, [at]);
  if (!who || who.anonymous) {
    return (
      <section>
        <h1>{say("审批工作台", "Approval desk")}</h1>
        <p>{say("案卷供审批人员、部门和项目业主查看。请在右上角以密钥登录。", "Cases are for approval staff, departments and a project's owner. Sign in with a key, at the top right.")}</p>
      </section>
    );
  }
  const chosen = steps.value[1];
  return chosen ? <CasePage key={chosen} id={chosen} {...given} /> : <Cases />;
}

function Cases() {
  const list = useMemo(() => new Loader<CaseList>(), [caller.value?.name]);
  const watched = useMemo(() => new Loader<Watched>(), [caller.value?.name]);
  const [asked, setAsked] = useState<{ state?: string; overdue?: boolean; flagged?: boolean }>({});
  useEffect(() => {
    void list.run((signal) => ask("/cases", { query: { limit: 200, ...asked }, signal }));
  }, [list, asked]);
  useEffect(() => {
    void watched.run((signal) => ask("/clock/supervision", { signal }));
  }, [watched]);
  const { data, problem, busy } = list.value;
  const lights = new Map<string, Light>();
  for (const one of watched.value.data?.items ?? []) {
    const known = lights.get(one.case_id);
    if (!known || PRESSING.indexOf(one.light) < PRESSING.indexOf(known)) lights.set(one.case_id, one.light);
  }
  const tally = (["overdue", "due_soon", "suspended", "with_applicant"] as const).map(
    (light) => [light, (watched.value.data?.items ?? []).filter((one) => one.light === light).length] as const,
  );
  return (
    <>
      <h1>{say("案卷", "Cases")}</h1>
      <ul class="row" aria-label={say("计时", "Clock")}>
        {tally.map(([light, count]) => (
          <li key={light}>
            <Lamp light={light} /> {number(count)}
          </li>
        ))}
      </ul>
      <div class="row">
        <Field label={say("状态", "State")}>
          <select value={asked.state ?? ""} onChange={(event) => setAsked({ ...asked, state: event.currentTarget.value })}>
            <option value="">{say("全部", "all")}</option>
            {Object.entries(CASE_STATES).map(([id, name]) => (
              <option key={id} value={id}>
                {of(name)}
              </option>
            ))}
          </select>
        </Field>
        <label class="switch">
          <input type="checkbox" checked={asked.overdue ?? false} onChange={(event) => setAsked(event.currentTarget.checked ? { ...asked, overdue: true } : without(asked, "overdue"))} />
          <span>{say("有部门逾期未反馈", "a department is overdue")}</span>
        </label>
        <label class="switch">
          <input type="checkbox" checked={asked.flagged ?? false} onChange={(event) => setAsked(event.currentTarget.checked ? { ...asked, flagged: true } : without(asked, "flagged"))} />
          <span>{say("新快照结论不同", "a newer snapshot differs")}</span>
        </label>
      </div>
      {problem && <Failure problem={problem} />}
      {busy && !data && <Busy what={say("正在读取案卷", "Reading cases")} />}
      {data && data.cases.length === 0 && (
        <p>{say("没有案卷。在「选址预检」里查一块地，再点「建案」。", "There is no case. Check a site, then open a case of it there.")}</p>
      )}
      {data && data.cases.length > 0 && (
        <table class="cases">
          <thead>
            <tr>
              <th>{say("灯", "Light")}</th>
              <th>{say("项目", "Project")}</th>
              <th>{say("阶段", "Stage")}</th>
              <th>{say("状态", "State")}</th>
              <th>{say("反馈", "Replies")}</th>
              <th>{say("最近期限", "Next due")}</th>
            </tr>
          </thead>
          <tbody>
            {data.cases.map((one) => (
              <tr key={one.id}>
                <td>
                  <Lamp light={lights.get(one.id) ?? lightOf(one)} />
                </td>
                <td>
                  <a href={to("approve", one.id)}>{one.project.name}</a>
                  <div class="note">{one.project.proposer}</div>
                </td>
                <td>{of(STAGES[one.stage])}</td>
                <td>
                  {of(CASE_STATES[one.standing.state])}
                  {one.standing.flagged && <span class="tag warn">{say("有变化", "differs")}</span>}
                </td>
                <td class="n">
                  {one.standing.answered}/{one.standing.asked}
                  {one.standing.overdue > 0 && <span class="tag warn">{say(`逾期 ${one.standing.overdue}`, `${one.standing.overdue} late`)}</span>}
                </td>
                <td>{one.standing.due ?? "—"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** Of a case whose items do not press: by its departments. */
function lightOf({ standing }: CaseLine): Light {
  if (standing.overdue > 0) return "overdue";
  if (standing.state === "concluded") return "done";
  return standing.asked > standing.answered ? "running" : "not_begun";
}

function without<T extends object, K extends keyof T>(given: T, name: K): T {
  const rest = { ...given };
  delete rest[name];
  return rest;
}

export function Lamp({ light }: { light: Light }) {
  const said = LIGHTS[light];
  return (
    <span class={`badge ${said.look}`}>
      <span aria-hidden="true">{said.sign}</span> {of(said)}
    </span>
  );
}
