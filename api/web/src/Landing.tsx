/** What this is, in ten seconds: two questions, three desks, one map with the fights on it. */
import { useEffect } from "preact/hooks";
import type { DeskProps } from "./App";
import { ask } from "./core/api";
import { number } from "./core/format";
import { of, say } from "./core/lang";
import { Loader } from "./core/load";
import { to } from "./core/route";
import type { ConflictTotals } from "./core/types";

const totals = new Loader<ConflictTotals>();

export function Landing({ catalogue, stage }: DeskProps) {
  const snapshot = catalogue.snapshot.id;
  const at = stage.value;
  useEffect(() => {
    if (!at) return;
    void at.show([], snapshot);
    void at.overlay("over:site", null);
    // the ground is seen first, then what fights on it
    const shown = () => void at.showConflicts({ snapshot, filter: null, chosen: null });
    at.map.once("idle", shown);
    at.map.triggerRepaint();
    return () => {
      at.map.off("idle", shown);
      void at.showConflicts(null);
    };
  }, [at, snapshot]);
  useEffect(() => {
    void totals.run((signal) => ask("/conflict-totals", { query: { snapshot }, signal }));
  }, [snapshot]);
  const found = totals.value.data;
  const { layers } = catalogue.counts;
  return (
    <div class="hero">
      <h1>{say("各部门的规划，叠在一张图上", "Every department's plan, on one map")}</h1>
      <p class="lead">
        {say(
          "规划在哪里打架？这块地能不能用、该问谁？当场就有答案，依据写明到条款。",
          "Where do the plans fight? Can this site be used, and whom to ask? Answered at once, with the law it rests on.",
        )}
      </p>
      <a class="door first" href={to("apply")}>
        <strong>{say("我有一块地，查一查", "I have a site: check it")}</strong>
        <span>{say("画一笔、拖入红线文件或粘贴坐标，一秒出结论。不用登录。", "Draw it, drop a file or paste coordinates; the verdict takes a second. No account.")}</span>
      </a>
      <a class="door" href={to("plan", "conflicts")}>
        <strong>{say("我做规划，看冲突和图层", "I plan: show me conflicts and layers")}</strong>
        <span>
          {found
            ? say(
                `全市 ${number(found.whole.conflicts)} 处差异图斑，按规则、部门、行政区分办；${layers} 个图层，历次快照可比。`,
                `${number(found.whole.conflicts)} conflicts by rule, department and district; ${layers} layers, snapshot by snapshot.`,
              )
            : say("差异图斑按规则、部门、行政区分办。", "Conflicts by rule, department and district.")}
        </span>
      </a>
      <a class="door" href={to("approve")}>
        <strong>{say("我办审批，看案卷", "I approve: show me the cases")}</strong>
        <span>{say("封存的结论、部门意见、计时亮灯、材料清单和项目谱系。", "Frozen findings, opinions, clock lights, documents and lineage.")}</span>
      </a>
      <p class="note">
        {say("地图上的色块是规划之间的冲突：", "Coloured on the map: where plans conflict. ")}
        {say("红色为禁止，橙色为限制，蓝色为须征求意见。", "Red: prohibited; orange: restricted; blue: to be consulted.")}
      </p>
      <p class="note">
        {say("蓝图快照", "Snapshot")} {snapshot} · <a href="../docs">{say("接口", "API")}</a> · <a href="../?f=html">{say("无脚本页面", "Pages without script")}</a>
        {catalogue.city.notice && <> · {of(catalogue.city.notice)}</>}
      </p>
    </div>
  );
}
