/** What would help: outlines that were judged as the site was, drawn dashed, applied by a click. */
import { area } from "../core/format";
import { of, say } from "../core/lang";
import { OUTCOMES } from "../core/words";
import { Busy, Failure } from "../ui/parts";
import type { SiteStore } from "./siteStore";

const KINDS: Record<string, [string, string]> = { trim: ["裁去一部分", "Trim it"], shift: ["整体平移", "Move it"] };

export function Suggestions({ store, applied }: { store: SiteStore; applied: () => void }) {
  const { busy, problem } = store.suggested.value;
  const found = store.suggestions.value;
  if (!busy && !problem && !found?.length) return null;
  return (
    <section class="suggestions" aria-labelledby="suggestions">
      <h2 id="suggestions">{say("怎样改就行", "What would help")}</h2>
      {busy && <Busy what={say("正在找可行的改法", "Looking for what would help")} />}
      {problem && <Failure problem={problem} />}
      {found?.map((one, at) => {
        const geometry = one.geometry;
        return (
          <div class="suggestion" key={at}>
            {KINDS[one.kind] && <h3>{say(...KINDS[one.kind]!)}</h3>}
            <p>{of(one.text)}</p>
            {one.verdict && (
              <p class="note">
                {say("改后结论：", "Verdict then: ")}
                {of(OUTCOMES[one.verdict])}
                {one.area && ` · ${area(one.area)}`}
              </p>
            )}
            {geometry && (
              <button
                type="button"
                class="primary"
                onClick={() => {
                  applied();
                  void store.apply(geometry);
                }}
              >
                {say("采用", "Apply")}
              </button>
            )}
          </div>
        );
      })}
    </section>
  );
}
