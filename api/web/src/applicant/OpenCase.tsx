/** Making a case of a checked site: the project is proposed, a case opened, the check attached. */
import { useState } from "preact/hooks";
import { ask, Problem } from "../core/api";
import { of, say } from "../core/lang";
import { go } from "../core/route";
import { caller } from "../core/session";
import type { SiteCheck } from "../core/types";
import { STAGES } from "../approval/words";
import { Busy, Failure, Field } from "../ui/parts";

export function OpenCase({ check }: { check: SiteCheck }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const who = caller.value;
  if (!who || who.anonymous) return null;
  async function open(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setProblem(null);
    setBusy(true);
    const said = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<string, string>;
    const { name, proposer, stage } = said;
    try {
      const facts = { name, proposer, figures: check.project };
      const project = await ask<{ id: string }>("/projects", { body: { facts, site: check.site.geometry, crs: check.site.crs } });
      const made = await ask<{ id: string }>(`/projects/${project.id}/cases`, { body: { stage } });
      // who may not screen has proposed it all the same: approval staff go on from here
      await ask(`/cases/${made.id}/screening`, { body: {} }).catch((error: unknown) => {
        if (!(error instanceof Problem) || error.status !== 403) throw error;
      });
      go("approve", made.id);
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
    }
    setBusy(false);
  }
  return (
    <details class="more">
      <summary>{say("以此建案", "Open a case of it")}</summary>
      <form class="step" onSubmit={(event) => void open(event)}>
        <Field label={say("项目名称", "Project")}>
          <input type="text" name="name" required defaultValue={check.site.name} />
        </Field>
        <Field label={say("建设单位", "Proposer")}>
          <input type="text" name="proposer" required />
        </Field>
        <Field label={say("阶段", "Stage")}>
          <select name="stage">
            {Object.entries(STAGES).map(([id, words]) => (
              <option key={id} value={id}>
                {of(words)}
              </option>
            ))}
          </select>
        </Field>
        {problem && <Failure problem={problem} />}
        {busy && <Busy what={say("正在建案", "Opening the case")} />}
        <button class="primary" disabled={busy}>
          {say("建案并预审", "Open and screen")}
        </button>
      </form>
    </details>
  );
}
