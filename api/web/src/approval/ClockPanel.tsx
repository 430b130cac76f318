/** The clock of a case: lights of its items, and the eight calibres in one strip chart. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { ask, Problem, picture } from "../core/api";
import { of, say } from "../core/lang";
import { Loader } from "../core/load";
import { Busy, Failure } from "../ui/parts";
import { Lamp } from "./ApprovalDesk";
import type { PanelProps } from "./CasePage";
import type { ClockReport } from "./types";

const DEADLINES: Record<string, [string, string]> = {
  acceptance: ["受理期限", "acceptance"],
  statutory: ["法定期限", "statutory"],
  promised: ["承诺期限", "promised"],
  delivery: ["送达期限", "delivery"],
};

export function ClockPanel({ id }: PanelProps) {
  const report = useMemo(() => new Loader<ClockReport>(), [id]);
  const [chart, setChart] = useState<string | null>(null);
  const [item, setItem] = useState("");
  const path = `/cases/${encodeURIComponent(id)}/clock`;
  useEffect(() => {
    void report.run((signal) => ask(path, { signal }));
  }, [report]);
  useEffect(() => {
    let made: string | null = null;
    let over = false;
    picture(`${path}/chart`, { item })
      .then((url) => {
        made = url;
        if (over) URL.revokeObjectURL(url);
        else setChart(url);
      })
      .catch((error: unknown) => error instanceof Problem && setChart(null));
    return () => {
      over = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [path, item]);
  const { data, problem } = report.value;
  if (problem) return <Failure problem={problem} />;
  if (!data) return <Busy what={say("正在核算用时", "Reckoning the days")} />;
  const begun = data.items.filter((one) => one.light !== "not_begun");
  return (
    <>
      <section aria-labelledby="strip">
        <h2 id="strip">
          {say("八个口径", "Eight calibres")}{" "}
          {begun.length > 0 && (
            <select value={item} aria-label={say("事项", "Item")} onChange={(event) => setItem(event.currentTarget.value)}>
              <option value="">{say("整个案卷", "whole case")}</option>
              {begun.map((one) => (
                <option key={one.item} value={one.item}>
                  {of(one.title)}
                </option>
              ))}
            </select>
          )}
        </h2>
        {chart && <img class="strip" src={chart} alt={data.measures.map((one) => `${one.calibre}: ${one.days ?? "—"}`).join("; ")} />}
        <details>
          <summary>{say("逐项口径", "Calibre by calibre")}</summary>
          <ul class="plain">
            {data.measures.map((one) => (
              <li key={one.calibre}>
                <strong>{one.calibre}</strong> {of(one.why)}
              </li>
            ))}
          </ul>
        </details>
      </section>
      <section aria-labelledby="items">
        <h2 id="items">{say("事项", "Items")}</h2>
        <table class="cases">
          <thead>
            <tr>
              <th>{say("灯", "Light")}</th>
              <th>{say("事项", "Item")}</th>
              <th>{say("受理", "Accepted")}</th>
              <th>{say("期限", "Deadlines")}</th>
            </tr>
          </thead>
          <tbody>
            {[...begun, ...data.items.filter((one) => one.light === "not_begun")].map((one) => (
              <tr key={one.item}>
                <td>
                  <Lamp light={one.light} />
                </td>
                <td>
                  {of(one.title)}
                  {one.flags.map((flag) => (
                    <div class="note" key={flag.text.zh}>
                      ⚑ {of(flag.text)}
                    </div>
                  ))}
                </td>
                <td>{one.accepted ?? one.received ?? "—"}</td>
                <td>
                  {one.deadlines.map((it) => (
                    <div key={it.kind}>
                      {say(...(DEADLINES[it.kind] ?? [it.kind, it.kind]))} {it.day}{" "}
                      <span class="note">
                        {it.left >= 0 ? say(`余 ${it.left} 日`, `${it.left} left`) : say(`超 ${-it.left} 日`, `${-it.left} over`)}
                        {it.estimated && say("（预估）", " (estimated)")}
                      </span>
                    </div>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
