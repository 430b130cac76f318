/** The board of conflicts: filters, the list, and the map, which move together. */
import { useEffect, useMemo } from "preact/hooks";
import type { ReadonlySignal } from "@preact/signals";
import type { PlannerProps } from "./PlannerDesk";
import { area, metres, number } from "../core/format";
import { of, say } from "../core/lang";
import { go, steps, to } from "../core/route";
import type { Box, ListedConflict } from "../core/types";
import { CHANGES, OUTCOMES, STATES } from "../core/words";
import { Badge, Busy, Failure, Field } from "../ui/parts";
import { ConflictPage } from "./ConflictPage";
import { ConflictsStore } from "./conflictsStore";

export function ConflictsPanel(given: PlannerProps) {
  const { stage, layers } = given;
  const snapshot = layers.snapshot.value;
  const store = useMemo(() => new ConflictsStore(snapshot), [snapshot]);
  const at = stage.value;
  const chosen = steps.value[2] ?? null;
  const filter = store.mapFilter.value;
  useEffect(() => {
    void at?.showConflicts({ snapshot, filter, chosen });
  }, [at, snapshot, filter, chosen]);
  useEffect(() => () => void at?.showConflicts(null), [at]);
  const pointed = at?.pointed.value;
  useEffect(() => {
    const first = pointed?.features.find((one) => one.collection === "conflicts" && one.properties["feature_id"]);
    if (first) go("plan", "conflicts", String(first.properties["feature_id"]));
    return () => {
      if (at) at.pointed.value = null;
    };
  }, [pointed]);
  if (chosen) return <ConflictPage key={chosen} id={chosen} {...given} />;
  return <Board store={store} bounds={at?.bounds ?? null} {...given} />;
}

function Board({ store, bounds, stage, layers }: PlannerProps & { store: ConflictsStore; bounds: ReadonlySignal<Box | null> | null }) {
  const asked = store.filter.value;
  const box = store.follow.value ? (bounds?.value ?? null) : null;
  useEffect(() => {
    void store.list(box);
  }, [store, asked, box?.join()]);
  const { data, problem, busy } = store.page.value;
  const listed = store.listed.value;
  if (problem && !listed.length) return <Failure problem={problem} again={() => void store.list(box)} />;
  return (
    <>
      <Filters store={store} layers={layers} stage={stage} />
      <section aria-labelledby="board">
        <h2 id="board" aria-live="polite">
          {data ? say(`${number(data.matched)} 处差异图斑`, `${number(data.matched)} conflicts`) : say("差异图斑", "Conflicts")}
        </h2>
        {data && data.not_searched_whole.length > 0 && (
          <details class="warning">
            <summary>{say(`有 ${data.not_searched_whole.length} 条规则未完整检查或不公开：没有列出不等于没有`, `${data.not_searched_whole.length} rules were not searched whole, or are withheld: not listed does not mean clear`)}</summary>
            <ul class="plain">
              {data.not_searched_whole.map((one) => (
                <li key={one.rule}>
                  {of(one.title)} <span class="note">{one.reason && of(one.reason)}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
        <ol class="board">
          {listed.map((one) => (
            <Row key={one.id} one={one} store={store} layers={layers} look={() => one.bbox && stage.value?.fit(one.bbox, 16)} />
          ))}
        </ol>
        {busy && <Busy what={say("正在读取差异图斑", "Reading conflicts")} />}
        {problem && <Failure problem={problem} />}
        {data?.more_after && !busy && (
          <button type="button" onClick={() => void store.more(box)}>
            {say("再列一些", "More")}
          </button>
        )}
      </section>
    </>
  );
}

function Filters({ store, layers, stage }: Pick<PlannerProps, "layers" | "stage"> & { store: ConflictsStore }) {
  const totals = store.totals.value.data;
  const { rule, departments, district, state, against, change } = store.filter.value;
  const earlier = (layers.snapshots.value.data ?? []).filter((one) => one.searched && one.id !== store.snapshot);
  return (
    <section class="filters" aria-label={say("筛选", "Filters")}>
      <Field label={say("规则", "Rule")}>
        <select value={rule} onChange={(event) => store.set({ rule: event.currentTarget.value })}>
          <option value="">{say("全部规则", "all rules")}</option>
          {totals?.rules.filter((one) => one.total && one.total.conflicts > 0).map((one) => (
            <option key={one.rule} value={one.rule}>
              {of(one.title)} ({number(one.total!.conflicts)})
            </option>
          ))}
        </select>
      </Field>
      <Field label={say("部门之间", "Departments")}>
        <select value={departments} onChange={(event) => store.set({ departments: event.currentTarget.value })}>
          <option value="">{say("全部部门", "all departments")}</option>
          {totals?.departments.map((one) => {
            const names = one.departments.map((it) => of(it.name));
            const id = one.departments.map((it) => it.id).join();
            return (
              <option key={id} value={id}>
                {names.length === 1 ? say(`${names[0]}内部`, `${names[0]} itself`) : names.join(" ↔ ")} ({number(one.total.conflicts)})
              </option>
            );
          })}
        </select>
      </Field>
      <Field label={say("行政区", "District")}>
        <select
          value={district}
          disabled={!totals?.districts}
          onChange={(event) => store.set({ district: event.currentTarget.value })}
        >
          <option value="">{say("全市", "whole city")}</option>
          {totals?.districts?.filter((one) => one.district !== null).map((one) => (
            <option key={one.district} value={one.district!}>
              {one.district} ({number(one.total.conflicts)})
            </option>
          ))}
        </select>
      </Field>
      <Field label={say("状态", "State")}>
        <select value={state} onChange={(event) => store.set({ state: event.currentTarget.value as typeof state })}>
          <option value="">{say("全部状态", "all states")}</option>
          {Object.entries(STATES).map(([id, name]) => (
            <option key={id} value={id}>
              {of(name)}
            </option>
          ))}
        </select>
      </Field>
      {earlier.length > 0 && (
        <Field label={say("与快照比较", "Since snapshot")}>
          <select value={against} onChange={(event) => store.set({ against: event.currentTarget.value })}>
            <option value="">{say("不比较", "no comparison")}</option>
            {earlier.map((one) => (
              <option key={one.id} value={one.id}>
                {one.id}
              </option>
            ))}
          </select>
        </Field>
      )}
      {against && (
        <Field label={say("变化", "Change")}>
          <select value={change} onChange={(event) => store.set({ change: event.currentTarget.value as typeof change })}>
            <option value="">{say("全部", "all")}</option>
            {Object.entries(CHANGES).map(([id, name]) => (
              <option key={id} value={id}>
                {of(name)}
              </option>
            ))}
          </select>
        </Field>
      )}
      <label class="switch">
        <input type="checkbox" checked={store.follow.value} onChange={(event) => (store.follow.value = event.currentTarget.checked)} />
        <span>{say("只列地图范围内的", "only what the map shows")}</span>
      </label>
      {store.isFiltered.value && (
        <button
          type="button"
          class="link"
          onClick={() => {
            store.clear();
            stage.value?.home();
          }}
        >
          {say("清除筛选", "Clear")}
        </button>
      )}
    </section>
  );
}

interface RowProps {
  one: ListedConflict;
  store: ConflictsStore;
  layers: PlannerProps["layers"];
  look: () => void;
}

function Row({ one, store, layers, look }: RowProps) {
  const rule = store.totals.value.data?.rules.find((known) => known.rule === one.rule);
  const name = (id: string) => {
    const layer = layers.byId.get(id);
    return layer ? of(layer.name) : id;
  };
  return (
    <li>
      <a href={to("plan", "conflicts", one.id)} onClick={look}>
        <span class="line">
          {rule && <span class={`dot ${rule.severity}`} title={of(OUTCOMES[rule.severity])} />}
          <strong>{rule ? of(rule.title) : one.rule}</strong>
          <span class="count">{one.area ? area(one.area) : ""}</span>
        </span>
        <span class="note">
          {name(one.left.layer)} ↔ {name(one.right.layer)}
          {one.districts.length > 0 && ` · ${one.districts.join("、")}`}
          {one.width_m !== null && say(` · 宽 ${metres(one.width_m)}`, ` · ${metres(one.width_m)} wide`)}
        </span>
        <span class="line">
          {one.standing.state !== "open" && <span class="tag">{of(STATES[one.standing.state])}</span>}
          {one.standing.overdue && <span class="tag warn">{say("已逾期", "overdue")}</span>}
          {one.change && <span class="tag">{of(CHANGES[one.change])}</span>}
          {rule && <span class="hidden"><Badge outcome={rule.severity} /></span>}
        </span>
      </a>
    </li>
  );
}
