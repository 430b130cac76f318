/** The checklist of documents: each once, what is held already, what the course itself gives. */
import { useEffect, useMemo } from "preact/hooks";
import { ask } from "../core/api";
import { of, say } from "../core/lang";
import { Loader } from "../core/load";
import { Busy, Failure } from "../ui/parts";
import type { PanelProps } from "./CasePage";
import type { Materials } from "./types";
import { MADE_BY, STAGES } from "./words";

const STATUS: Record<string, [string, string, string]> = {
  held: ["☑", "已有", "held"],
  result: ["⟳", "由前序事项产生", "comes out of the course"],
  to_hand_in: ["☐", "需提交", "to hand in"],
};

export function MaterialsPanel({ id, file }: PanelProps) {
  const list = useMemo(() => new Loader<Materials>(), [id, file.ledger.length]);
  useEffect(() => {
    void list.run((signal) => ask(`/cases/${encodeURIComponent(id)}/materials`, { signal }));
  }, [list]);
  const { data, problem } = list.value;
  if (problem) return <Failure problem={problem} />;
  if (!data) return <Busy what={say("正在列材料", "Listing documents")} />;
  const { counts } = data;
  const tally: [string, number, string][] = [
    [say("各事项合计", "as each asks"), counts.asked, ""],
    [say("合并同类", "each once"), counts.once, ""],
    [say("由流程产生", "from the course"), counts.results, ""],
    [say("已有", "held"), counts.held, "pass"],
    [say("需提交", "to hand in"), counts.to_hand_in, "restricted"],
  ];
  const order = ["to_hand_in", "held", "result"];
  const documents = [...data.documents].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  return (
    <>
      <dl class="tally">
        {tally.map(([name, value, look]) => (
          <div key={name} class={look}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {data.approvals.notes.map((one) => (
        <p class="warning" key={one.zh}>
          {of(one)}
        </p>
      ))}
      <section aria-labelledby="materials">
        <h2 id="materials">{say("材料清单", "Checklist")}</h2>
        <ul class="checklist">
          {documents.map((one) => {
            const [sign, zh, en] = STATUS[one.status]!;
            return (
              <li key={one.id} class={one.status}>
                <span class="sign" aria-hidden="true">
                  {sign}
                </span>
                <span>
                  {of(one.title)} {!one.certain && <span class="tag">{say("视情况", "may be asked")}</span>}
                  <div class="note">
                    {say(zh, en)} · {of(MADE_BY[one.made_by]!)} · {of(STAGES[one.stage])} · {askedBy(one.asked_by.map((it) => of(it.title)))}
                  </div>
                </span>
              </li>
            );
          })}
        </ul>
      </section>
      <section aria-labelledby="approvals">
        <h2 id="approvals">{say("需办事项", "Approvals")}</h2>
        <ul class="plain">
          {[...data.approvals.needed, ...data.approvals.undecided].map((one, at) => (
            <li key={one.id}>
              {of(one.title)} {at >= data.approvals.needed.length && <span class="tag">{say("待定", "undecided")}</span>}
              <span class="note">
                {" "}
                {of(one.department.name)} · {of(STAGES[one.stage])} · {one.why.map((it) => of(it.text)).join("；")}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

const NAMED = 3;

function askedBy(titles: string[]): string {
  const named = titles.slice(0, NAMED).join("、");
  return titles.length > NAMED ? say(`${named}等 ${titles.length} 项`, `${named} and ${titles.length - NAMED} more`) : named;
}
