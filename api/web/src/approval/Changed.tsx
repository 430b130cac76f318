/** What changed since a case was screened, and any two checks held against each other. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { ask } from "../core/api";
import { area, list } from "../core/format";
import { of, say } from "../core/lang";
import { Loader } from "../core/load";
import type { Catalogue, Finding, SiteCheck } from "../core/types";
import { Badge, Busy, Failure, Field } from "../ui/parts";
import type { PanelProps } from "./CasePage";
import type { AttachedCheck, Changes } from "./types";

export function Changed({ id, file, catalogue }: PanelProps & { catalogue: Catalogue }) {
  const changes = useMemo(() => new Loader<{ changes: Changes[] }>(), [id, file.ledger.length]);
  useEffect(() => {
    if (file.screenings.length) void changes.run((signal) => ask(`/cases/${encodeURIComponent(id)}/changes`, { signal }));
  }, [changes]);
  const { data, problem, busy } = changes.value;
  const layers = new Map(catalogue.themes.flatMap((theme) => theme.subthemes.flatMap((sub) => sub.layers.map((one) => [one.id, one.name] as const))));
  return (
    <>
      <section aria-labelledby="since">
        <h2 id="since">{say("预审以来的变化", "What changed since the screening")}</h2>
        {problem && <Failure problem={problem} />}
        {busy && <Busy what={say("正在按最新快照重新判定", "Judging on the newest snapshot")} />}
        {!file.screenings.length && <p>{say("还没有预审。", "Not screened yet.")}</p>}
        {data?.changes.map((one) => (
          <div key={one.screening}>
            <p>
              {say("快照", "Snapshot")} {one.before} → {one.after}：<Badge outcome={one.verdict_before} /> → <Badge outcome={one.verdict_after} />
            </p>
            {one.site_changed && <p class="warning">{say("用地已重新划定", "the site was redrawn")}</p>}
            {one.figures_changed && <p class="warning">{say("指标或答复已变更", "figures or answers have changed")}</p>}
            {one.rules_changed && <p class="note">{say("规则包已更新", "the rule pack is another one")}</p>}
            <List title={say("新出现", "appeared")} keys={one.appeared} layers={layers} />
            <List title={say("已消除", "gone")} keys={one.gone} layers={layers} />
            <List title={say("有变化", "changed")} keys={one.changed} layers={layers} />
            {!one.appeared.length && !one.gone.length && !one.changed.length && <p>{say("逐项结论没有变化。", "No finding differs.")}</p>}
          </div>
        ))}
      </section>
      <Compare id={id} file={file} />
    </>
  );
}

function List({ title, keys, layers }: { title: string; keys: string[]; layers: Map<string, { zh: string; en: string }> }) {
  if (!keys.length) return null;
  return (
    <p>
      <strong>{title}</strong> {list(keys.map((key) => named(key, layers)))}
    </p>
  );
}

/** `rule@layer` in words. */
function named(key: string, layers: Map<string, { zh: string; en: string }>): string {
  const [rule, layer] = key.split("@");
  const name = layers.get(layer ?? "");
  return name ? `${of(name)} (${rule})` : key;
}

function Compare({ id, file }: Pick<PanelProps, "id" | "file">) {
  const attached = useMemo(() => new Loader<{ checks: AttachedCheck[] }>(), [id]);
  useEffect(() => {
    void attached.run((signal) => ask(`/cases/${encodeURIComponent(id)}/checks`, { signal }));
  }, [attached]);
  const known = file.screenings.map((one) => one.check_id);
  const [ids, setIds] = useState<[string, string]>([known[0] ?? "", known.at(-1) ?? ""]);
  const both = useMemo(() => new Loader<[SiteCheck, SiteCheck]>(), []);
  const load = (event?: Event) => {
    event?.preventDefault();
    if (!ids[0] || !ids[1]) return;
    void both.run((signal) => Promise.all(ids.map((one) => ask<SiteCheck>(`/site-checks/${encodeURIComponent(one.trim())}`, { signal }))) as Promise<[SiteCheck, SiteCheck]>);
  };
  const { data, problem, busy } = both.value;
  return (
    <section aria-labelledby="compare">
      <h2 id="compare">{say("比较两次预检", "Compare two checks")}</h2>
      <form class="row" onSubmit={load}>
        {([0, 1] as const).map((at) => (
          <Field key={at} label={at === 0 ? say("甲", "one") : say("乙", "other")}>
            <input type="text" list="checks" required value={ids[at]} onInput={(event) => setIds(at === 0 ? [event.currentTarget.value, ids[1]] : [ids[0], event.currentTarget.value])} />
          </Field>
        ))}
        <datalist id="checks">
          {file.screenings.map((one) => (
            <option key={one.check_id} value={one.check_id}>
              {say(`第 ${one.screening} 次预审 ${one.day}`, `screening ${one.screening}, ${one.day}`)}
            </option>
          ))}
          {attached.value.data?.checks.map((one) => (
            <option key={one.check_id} value={one.check_id}>
              {say(`附入的预检 ${one.site} ${one.day}`, `attached: ${one.site}, ${one.day}`)}
            </option>
          ))}
        </datalist>
        <button class="primary">{say("比较", "Compare")}</button>
      </form>
      <p class="note">{say("可填案卷的预审、附入的预检，或申请人带来的预检编号（chk_…）。", "A screening of the case, an attached check, or the number of a check that the applicant brings (chk_…).")}</p>
      {busy && <Busy what={say("正在读取", "Reading")} />}
      {problem && <Failure problem={problem} />}
      {data && <Table pair={data} />}
    </section>
  );
}

function Table({ pair: [one, other] }: { pair: [SiteCheck, SiteCheck] }) {
  const key = (finding: Finding) => `${finding.rule}@${finding.layer}`;
  const sides = [one, other].map((check) => new Map(check.findings.filter((it) => it.outcome !== "clear").map((it) => [key(it), it])));
  const keys = [...new Set([...sides[0]!.keys(), ...sides[1]!.keys()])].sort();
  return (
    <table class="cases compare">
      <thead>
        <tr>
          <th>{say("结论", "Finding")}</th>
          {[one, other].map((check, at) => (
            <th key={at}>
              <Badge outcome={check.verdict} />
              <div class="note">
                {check.site.name} · {area(check.site.area)} · {check.snapshot.id}
              </div>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {keys.map((name) => {
          const cells = sides.map((side) => side.get(name));
          const title = (cells[0] ?? cells[1])!.title;
          const differs = cells[0]?.outcome !== cells[1]?.outcome || cells[0]?.area?.ellipsoidal_m2 !== cells[1]?.area?.ellipsoidal_m2;
          return (
            <tr key={name} class={differs ? "differs" : ""}>
              <td>{of(title)}</td>
              {cells.map((cell, at) => (
                <td key={at}>
                  {cell ? (
                    <>
                      <Badge outcome={cell.outcome} /> <span class="note">{cell.area && area(cell.area)}</span>
                    </>
                  ) : (
                    "—"
                  )}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
