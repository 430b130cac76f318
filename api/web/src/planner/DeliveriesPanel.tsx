/** What was handed in and what came of it: the list, one report, and its issues on the map. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { PlannerProps } from "./PlannerDesk";
import { ask } from "../core/api";
import { moment, number, percent } from "../core/format";
import { lang, of, say } from "../core/lang";
import { Loader } from "../core/load";
import { steps, to } from "../core/route";
import { isStaff } from "../core/session";
import type { Box, DeliveryLine, DeliveryReport } from "../core/types";
import { Busy, Facts, Failure } from "../ui/parts";

interface List {
  deliveries: DeliveryLine[];
  links: { rel: string }[];
}

export function DeliveriesPanel(given: PlannerProps) {
  const chosen = steps.value[2];
  if (!isStaff()) {
    return (
      <section>
        <h2>{say("交付", "Deliveries")}</h2>
        <p>{say("交付和质检报告供规划、部门和审批人员查看：请在右上角以密钥登录。", "Deliveries and their reports are for planners, departments and approval staff: sign in with a key, at the top right.")}</p>
      </section>
    );
  }
  return chosen ? <Report key={chosen} number={chosen} {...given} /> : <DeliveryList {...given} />;
}

function DeliveryList({ layers }: PlannerProps) {
  const list = useMemo(() => new Loader<List>(), []);
  const [refused, setRefused] = useState(false);
  const [search, setSearch] = useState("");
  useEffect(() => {
    void list.run((signal) => ask("/deliveries", { query: { limit: 1000, refused }, signal }));
  }, [refused]);
  const { data, problem } = list.value;
  const name = (id: string) => {
    const layer = layers.byId.get(id);
    return layer ? of(layer.name) : id;
  };
  const shown = data?.deliveries.filter((one) => !search || `${name(one.layer)} ${one.layer} ${one.file}`.toLowerCase().includes(search.toLowerCase()));
  return (
    <section aria-labelledby="deliveries">
      <h2 id="deliveries">{say("交付", "Deliveries")} {shown && <span class="note">{number(shown.length)}</span>}</h2>
      <input type="search" class="search" value={search} placeholder={say("按图层或文件查找", "Find by layer or file")} aria-label={say("查找交付", "Find deliveries")} onInput={(event) => setSearch(event.currentTarget.value)} />
      <label class="switch">
        <input type="checkbox" checked={refused} onChange={(event) => setRefused(event.currentTarget.checked)} />
        <span>{say("只看退回的", "refused ones alone")}</span>
      </label>
      {problem && <Failure problem={problem} />}
      {!data && !problem && <Busy what={say("正在读取交付", "Reading deliveries")} />}
      <ol class="board">
        {shown?.slice(0, 300).map((one) => (
          <li key={one.delivery}>
            <a href={to("plan", "deliveries", String(one.delivery))}>
              <span class="line">
                <strong>{name(one.layer)}</strong>
                <span class="count">{one.status === "refused" ? <span class="tag warn">{say("退回", "refused")}</span> : say(`第 ${one.version} 版`, `version ${one.version}`)}</span>
              </span>
              <span class="note">
                {one.file} · {moment(one.delivered_at)}
              </span>
            </a>
          </li>
        ))}
      </ol>
    </section>
  );
}

const PLACES = "over:delivery";
const LOOK: object[] = [
  {
    type: "circle",
    paint: {
      "circle-radius": 7,
      "circle-color": ["match", ["get", "action"], "repaired", "#1b7837", "quarantined", "#a50026", "#c65102"],
      "circle-stroke-color": "#fff",
      "circle-stroke-width": 2,
    },
  },
  {
    type: "symbol",
    minzoom: 11,
    layout: { "text-field": ["get", "label"], "text-size": 12, "text-offset": [0, 1.2], "text-anchor": "top", "text-font": ["sans-serif"] },
    paint: { "text-color": "#1f2933", "text-halo-color": "#fff", "text-halo-width": 1.5 },
  },
];
const ACTIONS: Record<string, [string, string, string]> = {
  repaired: ["已修复", "repaired", "pass"],
  quarantined: ["已隔离", "quarantined", "prohibited"],
  flagged: ["已标注", "flagged", "restricted"],
};

function Report({ number: id, stage, layers }: PlannerProps & { number: string }) {
  const report = useMemo(() => new Loader<DeliveryReport>(), [id]);
  const places = useMemo(() => new Loader<GeoJSON.FeatureCollection & { bbox?: Box }>(), [id]);
  useEffect(() => {
    void report.run((signal) => ask(`/deliveries/${id}`, { signal }));
    void places.run((signal) => ask(`/deliveries/${id}/places`, { accept: "application/geo+json", signal }));
  }, [id]);
  const at = stage.value;
  const drawn = places.value.data;
  const { data, problem } = report.value;
  useEffect(() => {
    if (!at || !drawn) return;
    const label = lang.value === "zh" ? "title" : "title_en";
    const features = drawn.features.map((one) => ({ ...one, properties: { ...one.properties, label: one.properties?.[label] } }));
    void at.overlay(PLACES, { type: "FeatureCollection", features }, LOOK);
    if (drawn.bbox) at.fit(drawn.bbox, 15);
    return () => void at.overlay(PLACES, null);
  }, [at, drawn, lang.value]);
  useEffect(() => {
    if (!at || !data?.version) return;
    void at.show([{ id: data.layer, opacity: 0.8 }], layers.snapshot.value);
    return () => void at.show([], layers.snapshot.peek());
  }, [at, data?.layer]);
  const titles = new Map(drawn?.features.map((one) => [one.properties?.["kind"] as string, { zh: one.properties?.["title"] as string, en: one.properties?.["title_en"] as string }]));
  const kind = (name: string) => of(titles.get(name) ?? { zh: name, en: name.replaceAll("_", " ") });
  return (
    <article class="delivery">
      <a href={to("plan", "deliveries")}>← {say("全部交付", "All deliveries")}</a>
      {problem && <Failure problem={problem} />}
      {!data && !problem && <Busy what={say("正在读取", "Reading")} />}
      {data && (
        <>
          <h2>
            {data.layer_name ? of(data.layer_name) : data.layer} <span class="note">{say(`交付 ${id}`, `delivery ${id}`)}</span>
          </h2>
          <p class={data.status === "refused" ? "failure" : ""}>
            <strong>{data.status === "refused" ? say("退回", "Refused") : say(`入库，第 ${data.version} 版`, `Taken as version ${data.version}`)}</strong>
            {data.reasons.map((one) => <span key={one.zh}>{of(one)}</span>)}
          </p>
          <dl class="tally">
            {([
              [say("读取", "read"), data.read, ""],
              [say("可用", "kept"), data.kept, ""],
              [say("修复", "repaired"), data.repaired, "pass"],
              [say("隔离", "quarantined"), data.quarantined, "prohibited"],
              [say("标注", "flagged"), data.flagged, "restricted"],
            ] as const).map(([name, value, look]) => (
              <div key={name} class={look}>
                <dt>{name}</dt>
                <dd>{number(value)}</dd>
              </div>
            ))}
          </dl>
          <Facts
            rows={[
              [say("文件", "File"), data.file],
              [say("格式", "Format"), data.format ?? "—"],
              [say("坐标系", "CRS"), data.crs ?? "—"],
              [say("编码", "Encoding"), data.encoding ?? "—"],
              [say("生效", "In effect"), data.effective],
              [say("修复移动", "Moved by repairs"), `${number(data.area_moved_m2, 2)} m²`],
              ...(data.size_before && data.size_after
                ? [[say("与上版相比", "Against the version before"), percent((data.size_after - data.size_before) / data.size_before)] as [string, string]]
                : []),
              ...(data.coverage
                ? [[say("重叠 / 缝隙", "Overlaps / gaps"), `${number(data.coverage.overlaps)} (${number(data.coverage.overlap_m2, 1)} m²) / ${number(data.coverage.gaps)} (${number(data.coverage.gap_m2, 1)} m²)`] as [string, string]]
                : []),
            ]}
          />
          {data.issue_count > 0 && (
            <section>
              <h2>
                {say("问题", "Issues")} <span class="note">{number(data.issue_count)}</span>
              </h2>
              <p class="row">
                {Object.entries(ACTIONS).map(([action, [zh, en, look]]) => (
                  <span key={action}>
                    <span class={`dot ${look}`} /> {say(zh, en)}
                  </span>
                ))}
              </p>
              <ul class="plain">
                {data.issues.slice(0, 60).map((one, place) => (
                  <li key={place} class="issue">
                    <span class={`dot ${ACTIONS[one.action]![2]}`} />
                    <span>
                      {kind(one.kind)}
                      <span class="note">
                        {" "}
                        {one.row > 0 && say(`第 ${one.row} 行 `, `row ${one.row} `)}
                        {one.feature_id} {one.detail}
                      </span>
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </>
      )}
    </article>
  );
}
