/** Control totals as gauges against their targets, and the other rules on whole layers. */
import { useEffect, useMemo } from "preact/hooks";
import type { PlannerProps } from "./PlannerDesk";
import { ask } from "../core/api";
import { number } from "../core/format";
import { of, say } from "../core/lang";
import { Loader } from "../core/load";
import type { SupervisedRule, Supervision } from "../core/types";
import { Busy, Failure, Laws } from "../ui/parts";

const STATUS: Record<SupervisedRule["status"], [string, string, string]> = {
  kept: ["守住", "kept", "pass"],
  broken: ["突破", "broken", "prohibited"],
  no_data: ["资料不全", "no data", "no_data"],
  not_in_force: ["未生效", "not in force", "notice"],
  withheld: ["不公开", "withheld", "notice"],
};
const TOTALS: Record<string, [string, string]> = {
  city: ["全市", "city"],
  multiple: ["倍数上限", "multiple"],
  district: ["分区", "district"],
  sum_of_districts: ["各区之和", "sum of districts"],
  sum_of_parts: ["各部分之和", "sum of parts"],
};

export function TotalsPanel({ layers, stage }: PlannerProps) {
  const snapshot = layers.snapshot.value;
  const found = useMemo(() => new Loader<Supervision>(), [snapshot]);
  const again = () => void found.run((signal) => ask("/supervision", { query: { snapshot }, signal }));
  useEffect(again, [found]);
  const { data, problem } = found.value;
  const at = stage.value;
  const look = (rule: SupervisedRule) => void at?.show(rule.layers.map((id) => ({ id, opacity: 0.8 })), snapshot);
  if (problem) return <Failure problem={problem} again={again} />;
  if (!data) return <Busy what={say("正在核算控制总量", "Reckoning the control totals")} />;
  const quotas = data.rules.filter((one) => one.kind === "quota");
  const others = data.rules.filter((one) => one.kind !== "quota");
  return (
    <>
      <section aria-labelledby="totals">
        <h2 id="totals">
          {say("控制总量", "Control totals")} <span class="note">{say(`快照 ${snapshot}，${data.day}`, `snapshot ${snapshot}, ${data.day}`)}</span>
        </h2>
        <ul class="gauges">
          {quotas.map((rule) => (
            <li key={rule.rule}>
              <Head rule={rule} look={() => look(rule)} />
              {rule.totals.map((one) => <Gauge key={`${one.total} ${one.name}`} {...one} />)}
              {rule.reasons.map((one) => <p class="note" key={one.zh}>{of(one)}</p>)}
              <Laws bases={rule.legal_bases} />
            </li>
          ))}
        </ul>
      </section>
      {others.length > 0 && (
        <section aria-labelledby="whole">
          <h2 id="whole">{say("全覆盖与包含", "Coverage and containment")}</h2>
          <ul class="gauges">
            {others.map((rule) => (
              <li key={rule.rule}>
                <Head rule={rule} look={() => look(rule)} />
                {rule.breaches.length > 0 && (
                  <details>
                    <summary>{say(`${number(rule.breaches.length)} 处`, `${number(rule.breaches.length)} places`)}</summary>
                    <ul class="plain">
                      {rule.breaches.slice(0, 50).map((one, place) => (
                        <li key={place}>
                          {of(one.text)} <span class="note">{one.feature_ids.slice(0, 4).join("、")} {one.area_m2 !== null && `${number(one.area_m2, 1)} m²`}</span>
                        </li>
                      ))}
                    </ul>
                  </details>
                )}
                {rule.reasons.map((one) => <p class="note" key={one.zh}>{of(one)}</p>)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Head({ rule, look }: { rule: SupervisedRule; look: () => void }) {
  const [zh, en, badge] = STATUS[rule.status];
  return (
    <h3 class="line">
      <span class={`badge ${badge}`}>{say(zh, en)}</span>
      <span>{of(rule.title)}</span>
      <button type="button" class="link" onClick={look}>
        {say("看图层", "layers")}
      </button>
    </h3>
  );
}

type GaugeProps = SupervisedRule["totals"][number];

/** The measured size on a scale with its floor and ceiling; the words say the same. */
function Gauge({ total, name, km2, at_least_km2: floor, at_most_km2: ceiling, holds }: GaugeProps) {
  const title = `${say(...(TOTALS[total] ?? [total, total]))}${name ? ` ${name}` : ""}`;
  const most = Math.max(km2 ?? 0, floor ?? 0, ceiling ?? 0) * 1.12 || 1;
  const at = (value: number) => `${(value / most) * 100}%`;
  const colour = holds === null ? "var(--incomplete)" : holds ? "var(--pass)" : "var(--prohibited)";
  const words = [
    km2 === null ? say("无法核算", "cannot be told") : `${number(km2, 2)} km²`,
    floor !== null && say(`不少于 ${number(floor, 2)}`, `at least ${number(floor, 2)}`),
    ceiling !== null && say(`不超过 ${number(ceiling, 2)}`, `at most ${number(ceiling, 2)}`),
  ].filter(Boolean);
  return (
    <div class="gauge">
      <span class="note">
        {title}{say("：", ": ")}{words.join(say("，", ", "))} {holds === false && <strong>{say("未达到", "missed")}</strong>}
      </span>
      <svg width="100%" height="18" aria-hidden="true">
        <rect x="0" y="5" width="100%" height="8" rx="4" fill="#e4e9ed" />
        <rect x="0" y="5" width={at(km2 ?? 0)} height="8" rx="4" fill={colour} />
        {floor !== null && <line x1={at(floor)} x2={at(floor)} y1="1" y2="17" stroke="#1f2933" stroke-width="2.5" />}
        {ceiling !== null && ceiling !== floor && <line x1={at(ceiling)} x2={at(ceiling)} y1="1" y2="17" stroke="#1f2933" stroke-width="2.5" stroke-dasharray="3 2" />}
      </svg>
    </div>
  );
}
