/** The slider over snapshots, and the second snapshot that the map is swept to. */
import { useEffect } from "preact/hooks";
import type { PlannerProps } from "./PlannerDesk";
import { moment, number } from "../core/format";
import { of, say } from "../core/lang";
import type { ChangedLayer } from "../core/types";
import { Busy, Failure } from "../ui/parts";

export function TimePanel({ layers, stage }: Pick<PlannerProps, "layers" | "stage">) {
  const { data, problem } = layers.snapshots.value;
  const at = stage.value;
  const against = layers.against.value;
  const shown = layers.shown.value;
  const snapshot = layers.snapshot.value;
  useEffect(() => {
    if (!at || !against) return;
    let remove = () => {};
    let over = false;
    void import("../map/swipe").then(({ Swipe }) => {
      if (over) return;
      const swipe = new Swipe(at, against, say("拖动分隔线", "Move the divide"));
      void swipe.show(layers.shown.peek());
      remove = () => swipe.remove();
    });
    return () => {
      over = true;
      remove();
    };
  }, [at, against, snapshot, shown.map((one) => one.id).join()]);
  if (problem) return <Failure problem={problem} />;
  if (!data) return <Busy what={say("正在读取快照", "Reading the snapshots")} />;
  const order = [...data].reverse();
  const place = order.findIndex((one) => one.id === snapshot);
  const now = order[place];
  return (
    <section class="time" aria-labelledby="time">
      <h2 id="time">
        {say("时间", "Time")} <span class="note">{now && `${now.id} · ${moment(now.published_at)}`}</span>
      </h2>
      {order.length === 1 ? (
        <p class="note">
          {say("只有一个快照；再次发布后可在这里拖动、比较。", "There is one snapshot; publish again to slide and compare here.")}
        </p>
      ) : (
        <>
          <input
            type="range"
            min="0"
            max={order.length - 1}
            step="1"
            value={place}
            aria-label={say("蓝图快照", "Snapshot")}
            aria-valuetext={now?.id}
            onInput={(event) => {
              void layers.compareWith(null);
              layers.snapshot.value = order[event.currentTarget.valueAsNumber]!.id;
            }}
          />
          <label class="field inline">
            <span>{say("卷帘比较", "Swipe against")}</span>
            <select value={against ?? ""} onChange={(event) => void layers.compareWith(event.currentTarget.value || null)}>
              <option value="">{say("不比较", "nothing")}</option>
              {order.filter((one) => one.id !== snapshot).map((one) => (
                <option key={one.id} value={one.id}>
                  {one.id}
                </option>
              ))}
            </select>
          </label>
          {against && <Changes layers={layers} />}
        </>
      )}
    </section>
  );
}

function Changes({ layers }: Pick<PlannerProps, "layers">) {
  const { data, problem, busy } = layers.changes.value;
  if (problem) return <Failure problem={problem} />;
  if (busy || !data) return <Busy what={say("正在比较", "Comparing")} />;
  return (
    <div role="status">
      <p class="note">
        {say(
          `左：${layers.snapshot.value}，右：${data.against.id}。${data.layers.length} 个图层有变化${data.same_rules ? "" : "，规则也有变化"}。`,
          `Left: ${layers.snapshot.value}; right: ${data.against.id}. ${data.layers.length} layers differ${data.same_rules ? "" : ", and the rules"}.`,
        )}
      </p>
      <ul class="plain">
        {data.layers.map((one) => (
          <li key={one.layer}>
            <label class="switch">
              <input type="checkbox" checked={layers.ids.value.has(one.layer)} onChange={() => layers.toggle(one.layer)} />
              <span>{of(one.name)}</span>
              <span class="count">{said(one)}</span>
            </label>
          </li>
        ))}
      </ul>
    </div>
  );
}

function said(one: ChangedLayer): string {
  if (one.change === "added") return say("新增", "new");
  if (one.change === "removed") return say("已无", "gone");
  return `${number(one.before?.features ?? 0)} → ${number(one.after?.features ?? 0)}`;
}
