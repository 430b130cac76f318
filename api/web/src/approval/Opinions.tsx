/** What departments are asked and what they answered, side by side; and one's own answer. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { ask, Problem } from "../core/api";
import { of, say } from "../core/lang";
import { Loader } from "../core/load";
import { caller, may } from "../core/session";
import { Badge, Busy, Failure, Field } from "../ui/parts";
import type { PanelProps } from "./CasePage";
import type { Answer, Consultation, OpinionLine } from "./types";
import { ANSWERS, REPLIES } from "./words";

interface Both {
  asking: Consultation[];
  opinions: OpinionLine[];
}

export function Opinions({ id, file, again }: PanelProps) {
  const both = useMemo(() => new Loader<Both>(), [id, file.ledger.length]);
  const path = `/cases/${encodeURIComponent(id)}`;
  useEffect(() => {
    void both.run(async (signal) => {
      const [asking, opinions] = await Promise.all([
        ask<{ consultations: Consultation[] }>(`${path}/consultations`, { signal }),
        ask<{ opinions: OpinionLine[] }>(`${path}/opinions`, { signal }),
      ]);
      return { asking: asking.consultations, opinions: opinions.opinions };
    });
  }, [both]);
  const { data, problem } = both.value;
  if (problem) return <Failure problem={problem} />;
  if (!data) return <Busy what={say("正在读取意见", "Reading opinions")} />;
  if (!data.asking.length) return <p>{say("还没有征求意见。", "Nobody was asked yet.")}</p>;
  return (
    <div class="side-by-side" role="list" tabIndex={0} aria-label={say("各部门意见", "Opinions by department")}>
      {data.asking.map((one) => (
        <Column key={one.department.id} one={one} path={path} opinions={data.opinions.filter((it) => it.opinion.department.id === one.department.id)} again={again} />
      ))}
    </div>
  );
}

function Column({ one, opinions, path, again }: { one: Consultation; opinions: OpinionLine[]; path: string; again: () => void }) {
  const stands = opinions.find((it) => it.stands);
  const late = one.status === "not_answered";
  return (
    <section role="listitem" class="opinion" aria-label={of(one.department.name)}>
      <h2>{of(one.department.name)}</h2>
      <p>
        {stands ? <span class={`badge ${ANSWERS[stands.opinion.answer].look}`}>{of(ANSWERS[stands.opinion.answer])}</span> : <span class={`badge ${late ? "prohibited" : "notice"}`}>{of(REPLIES[one.status]!)}</span>}{" "}
        <span class="note">
          {say(`${one.asked_on} 征求，${one.due} 前反馈`, `asked ${one.asked_on}, due ${one.due}`)}
          {one.due_estimated && say("（预估）", " (estimated)")}
        </span>
      </p>
      {stands && <Said one={stands} />}
      <details open={!stands}>
        <summary>{say(`问了 ${one.questions.length} 项`, `${one.questions.length} questions`)}</summary>
        <ul class="plain">
          {one.questions.map((it) => (
            <li key={it.finding}>
              <Badge outcome={it.outcome} /> {of(it.title)}
              <div class="note">{of(it.text)}</div>
            </li>
          ))}
        </ul>
      </details>
      {opinions.filter((it) => !it.stands).map((it) => (
        <details key={it.number}>
          <summary class="note">{say(`第 ${it.opinion.version} 版（已更新）`, `version ${it.opinion.version} (replaced)`)}</summary>
          <Said one={it} />
        </details>
      ))}
      {mayAnswer(one.department.id) && <Give department={one.department.id} path={path} done={again} />}
    </section>
  );
}

function mayAnswer(department: string): boolean {
  const who = caller.value;
  return may("change") && who?.role === "officer" && who.departments.includes(department);
}

function Said({ one }: { one: OpinionLine }) {
  const { opinion } = one;
  return (
    <div>
      {opinion.withheld && <p class="note">{say("内容供部门和审批人员查看", "its words are for departments and approval staff")}</p>}
      {opinion.conditions.length > 0 && (
        <ol class="conditions">
          {opinion.conditions.map((it) => (
            <li key={it.text}>{it.text}</li>
          ))}
        </ol>
      )}
      {opinion.note && <p>{opinion.note}</p>}
      {opinion.basis.map((it, at) => (
        <p class="note" key={at}>
          {it.legal ? `${say(`《${it.legal.title.zh}》`, it.legal.title.en)}${it.legal.article ?? ""}` : it.text}
        </p>
      ))}
      <p class="note">
        {one.day} {one.signed_by} {opinion.late && <span class="tag warn">{say("逾期", "late")}</span>}
      </p>
    </div>
  );
}

function Give({ department, path, done }: { department: string; path: string; done: () => void }) {
  const [answer, setAnswer] = useState<Answer>("agree");
  const [problem, setProblem] = useState<Problem | null>(null);
  async function give(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setProblem(null);
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const lines = String(form.get("conditions") ?? "").split("\n").map((line) => line.trim()).filter(Boolean);
    const note = String(form.get("note") ?? "").trim();
    const body = { department, answer, prefilled: true, conditions: lines.map((text) => ({ text })), ...(note && { note }) };
    try {
      await ask(`${path}/opinions`, { body });
      done();
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
    }
  }
  return (
    <details>
      <summary>{say("填写意见", "Give an opinion")}</summary>
      <form class="step" onSubmit={(event) => void give(event)}>
        <Field label={say("意见", "Answer")}>
          <select value={answer} onChange={(event) => setAnswer(event.currentTarget.value as Answer)}>
            {Object.entries(ANSWERS).map(([name, words]) => (
              <option key={name} value={name}>
                {of(words)}
              </option>
            ))}
          </select>
        </Field>
        {answer === "agree_with_conditions" && (
          <Field label={say("条件，每行一条", "Conditions, one a line")}>
            <textarea name="conditions" rows={3} required />
          </Field>
        )}
        <Field label={say("说明（不对申请人公开）", "Note, not for the applicant")}>
          <textarea name="note" rows={2} />
        </Field>
        {problem && <Failure problem={problem} />}
        <button class="primary">{say("提交意见", "Give it")}</button>
      </form>
    </details>
  );
}
