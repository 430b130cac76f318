/** The catalogue's tree with switches, the legend of what is shown, and the slider of time. */
import type { PlannerProps } from "./PlannerDesk";
import { useEffect } from "preact/hooks";
import { number } from "../core/format";
import { of, say } from "../core/lang";
import type { Layer, Theme } from "../core/types";
import { TimePanel } from "./TimePanel";
import type { LayersStore } from "./layersStore";

export function LayersPanel({ catalogue, stage, layers }: PlannerProps) {
  const { counts } = catalogue;
  useEffect(() => () => void layers.compareWith(null), [layers]);
  return (
    <>
      <TimePanel layers={layers} stage={stage} />
      <Legend layers={layers} colours={stage.value?.layers} />
      <section aria-labelledby="tree">
        <h2 id="tree">
          {say("图层目录", "Catalogue")}{" "}
          <span class="note">
            {say(
              `${counts.themes} 个专题 · ${counts.subthemes} 个子专题 · ${counts.layers} 个图层`,
              `${counts.themes} themes · ${counts.subthemes} sub-themes · ${counts.layers} layers`,
            )}
          </span>
        </h2>
        <input
          type="search"
          class="search"
          placeholder={say("按名称、部门或代码查找", "Find by name, department or code")}
          aria-label={say("查找图层", "Find layers")}
          value={layers.search.value}
          onInput={(event) => (layers.search.value = event.currentTarget.value)}
        />
        <Tree layers={layers} />
      </section>
      <PointedAt stage={stage} layers={layers} />
    </>
  );
}

function Tree({ layers }: { layers: LayersStore }) {
  const searched = layers.search.value.trim() !== "";
  const themes = layers.catalogue.themes.filter((theme) => all(theme).some((one) => layers.matches(one)));
  if (!themes.length) return <p role="status">{say("没有这样的图层", "There is no such layer")}</p>;
  return (
    <ul class="tree">
      {themes.map((theme) => {
        const on = all(theme).filter((one) => layers.ids.value.has(one.id)).length;
        return (
          <li key={theme.id}>
            <details open={searched}>
              <summary>
                <span class="code">{theme.id}</span> {of(theme.name)}
                <span class="count">{on > 0 ? `${on}/${all(theme).length}` : all(theme).length}</span>
              </summary>
              {theme.subthemes
                .filter((sub) => sub.layers.some((one) => layers.matches(one)))
                .map((sub) => (
                  <fieldset key={sub.id}>
                    <legend>{of(sub.name)}</legend>
                    {sub.layers.filter((one) => layers.matches(one)).map((one) => <Switch key={one.id} layer={one} layers={layers} />)}
                  </fieldset>
                ))}
            </details>
          </li>
        );
      })}
    </ul>
  );
}

function all(theme: Theme): Layer[] {
  return theme.subthemes.flatMap((sub) => sub.layers);
}

function Switch({ layer, layers }: { layer: Layer; layers: LayersStore }) {
  const owner = layers.catalogue.departments.find((one) => one.id === layer.department);
  return (
    <label class="switch" title={owner ? of(owner.name) : ""}>
      <input type="checkbox" checked={layers.ids.value.has(layer.id)} disabled={layer.version === null} onChange={() => layers.toggle(layer.id)} />
      <span>
        {of(layer.name)}
        {layer.sensitivity !== "public" && <span class="tag">{say("内部", "internal")}</span>}
        {layer.doubt && <span class="tag warn" title={of(layer.doubt)}>{layer.version === null ? say("无数据", "no data") : say("已过期", "stale")}</span>}
      </span>
      <span class="count">{layer.features === null ? "—" : number(layer.features)}</span>
    </label>
  );
}

function Legend({ layers, colours }: { layers: LayersStore; colours: Map<string, { colour: string; geometry: string }> | undefined }) {
  const shown = [...layers.shown.value].reverse();
  if (!shown.length) return <p class="note">{say("在下面的目录里打开图层。", "Switch layers on in the tree below.")}</p>;
  return (
    <section aria-labelledby="legend">
      <h2 id="legend">{say("图例", "Legend")}</h2>
      <ul class="legend">
        {shown.map(({ id, opacity }) => {
          const layer = layers.byId.get(id)!;
          const known = colours?.get(id);
          return (
            <li key={id}>
              <Swatch colour={known?.colour ?? "#888"} geometry={layer.geometry} />
              <span class="name">{of(layer.name)}</span>
              <input
                type="range"
                min="0.1"
                max="1"
                step="0.1"
                value={opacity}
                aria-label={say(`${layer.name.zh}的不透明度`, `Opacity of ${layer.name.en}`)}
                onInput={(event) => layers.setOpacity(id, event.currentTarget.valueAsNumber)}
              />
              <button type="button" class="close" aria-label={say(`关闭${layer.name.zh}`, `Switch off ${layer.name.en}`)} onClick={() => layers.toggle(id)}>
                ×
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function Swatch({ colour, geometry }: { colour: string; geometry: string }) {
  return (
    <svg class="swatch" width="22" height="16" aria-hidden="true">
      {geometry === "polygon" && <rect x="1" y="1" width="20" height="14" rx="2" fill={colour} fill-opacity="0.38" stroke={colour} stroke-width="1.5" />}
      {geometry === "line" && <path d="M1 13 8 5l6 5 7-8" fill="none" stroke={colour} stroke-width="2.4" />}
      {geometry === "point" && <circle cx="11" cy="8" r="5" fill={colour} />}
    </svg>
  );
}

/** What was pointed at on the map: each feature with what it says. */
function PointedAt({ stage, layers }: Pick<PlannerProps, "stage" | "layers">) {
  const found = stage.value?.pointed.value;
  if (!found || !found.features.length) return null;
  return (
    <section class="pointed" aria-live="polite">
      <h2>{say("点到的要素", "Pointed at")}</h2>
      {found.features.slice(0, 6).map((one) => {
        const layer = layers.byId.get(one.collection);
        const said = Object.entries(one.properties).filter(([name, value]) => value !== "" && value !== null && name !== "feature_id");
        return (
          <details key={`${one.collection} ${String(one.properties["feature_id"])}`}>
            <summary>
              {layer ? of(layer.name) : one.collection} <span class="note">{String(one.properties["feature_id"] ?? "")}</span>
            </summary>
            <dl class="facts">
              {said.map(([name, value]) => (
                <>
                  <dt>{name}</dt>
                  <dd>{String(value)}</dd>
                </>
              ))}
            </dl>
          </details>
        );
      })}
    </section>
  );
}
