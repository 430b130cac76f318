/** The family of a project as a tree, parents first, and whether its parts add up. */
import { useEffect, useMemo } from "preact/hooks";
import { ask } from "../core/api";
import { number } from "../core/format";
import { of, say } from "../core/lang";
import { Loader } from "../core/load";
import { Busy, Failure } from "../ui/parts";
import type { Lineage } from "./types";
import { KEPT, LINKS, PROJECT_STATES } from "./words";

export function LineagePanel({ projectId }: { projectId: string }) {
  const family = useMemo(() => new Loader<Lineage>(), [projectId]);
  useEffect(() => {
    void family.run((signal) => ask(`/projects/${encodeURIComponent(projectId)}/lineage`, { signal }));
  }, [family]);
  const { data, problem } = family.value;
  if (problem) return <Failure problem={problem} />;
  if (!data) return <Busy what={say("正在读取谱系", "Reading the lineage")} />;
  const children = new Set(data.links.map((one) => one.child_id));
  const roots = data.projects.filter((one) => !children.has(one.id));
  return (
    <>
      <section aria-labelledby="family">
        <h2 id="family">{say("项目谱系", "Lineage")}</h2>
        {data.scope === "visible" && <p class="note">{say("只列出您可以查看的项目。", "Only projects that you may see are listed.")}</p>}
        <ul class="family">
          {roots.map((one) => (
            <Branch key={one.id} id={one.id} family={data} above={[]} />
          ))}
        </ul>
        {data.doubts.map((one) => (
          <p class="note" key={one.zh}>
            {of(one)}
          </p>
        ))}
      </section>
      {data.conservation.checks.length > 0 && (
        <section aria-labelledby="conservation">
          <h2 id="conservation">{say("守恒核对", "Whether it adds up")}</h2>
          <ul class="plain">
            {data.conservation.checks.map((one, at) => (
              <li key={at}>
                <span class={`badge ${KEPT[one.outcome]!.look}`}>{of(KEPT[one.outcome]!)}</span> {of(one.message)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Branch({ id, family, above }: { id: string; family: Lineage; above: string[] }) {
  const one = family.projects.find((known) => known.id === id);
  if (!one || above.includes(id)) return null;
  const links = family.links.filter((link) => link.parent_id === id);
  return (
    <li>
      <div class={`node${id === family.project_id ? " here" : ""}`} aria-current={id === family.project_id || undefined}>
        <strong>{one.name}</strong>
        <span class="note">
          {of(PROJECT_STATES[one.state] ?? { zh: one.state, en: one.state })}
          {one.code && ` · ${one.code}`}
          {one.site_area_m2 !== null && ` · ${number(one.site_area_m2)} m²`}
        </span>
      </div>
      {links.length > 0 && (
        <ul>
          {links.map((link) => (
            <li key={link.id} class="link">
              <span class="note">
                {of(LINKS[link.kind] ?? { zh: link.kind, en: link.kind })} {link.day} {link.note.scope}
              </span>
              <ul>
                <Branch id={link.child_id} family={family} above={[...above, id]} />
              </ul>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
