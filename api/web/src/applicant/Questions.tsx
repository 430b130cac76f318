/** What only the applicant knows: each answer and each figure asks for the verdict anew. */
import { of, say } from "../core/lang";
import type { Figures, SiteCheck, YesNo } from "../core/types";
import type { SiteStore } from "./siteStore";

type FigureName = Exclude<keyof Figures, "answers">;
const FIGURES: Record<FigureName, [string, string, "number" | "text"]> = {
  height_m: ["建筑高度（米）", "Building height, m", "number"],
  ground_m: ["场地标高（米，机场高程系统）", "Ground elevation, m (the airport's datum)", "number"],
  floor_area_ratio: ["容积率", "Floor area ratio", "number"],
  building_density: ["建筑密度（0–1）", "Building density, 0 to 1", "number"],
  green_ratio: ["绿地率（0–1）", "Green ratio, 0 to 1", "number"],
  setback_m: ["退线（米）", "Setback, m", "number"],
  use: ["用地性质（代码或名称）", "Land use, code or name", "text"],
};

/** The figures that some finding depends on. */
function asked(check: SiteCheck): FigureName[] {
  const found = new Set<FigureName>();
  for (const one of check.findings) {
    if (one.compared && one.compared.figure !== "answers") found.add(one.compared.figure);
    if (one.headroom) found.add("height_m").add("ground_m");
  }
  return [...found].filter((name) => name in FIGURES);
}

export function Questions({ store, check }: { store: SiteStore; check: SiteCheck }) {
  const questions = new Map(check.findings.flatMap((one) => (one.asked ? [[one.asked.question, one.asked] as const] : [])));
  const figures = asked(check);
  const said = store.project.value;
  // an answer that clears a finding takes the question away with it: it can still be taken back
  const answered = Object.keys(said.answers).filter((id) => !questions.has(id));
  if (!questions.size && !figures.length && !answered.length) return null;
  const answer = (id: string, value: YesNo | null) => {
    const answers = { ...said.answers };
    if (value === null) delete answers[id];
    else answers[id] = value;
    void store.say({ answers });
  };
  const figure = (name: FigureName, value: string | number | undefined) => void store.say({ [name]: value } as Partial<Figures>);
  return (
    <section class="questions" aria-labelledby="questions">
      <h2 id="questions">{say("请回答", "Please answer")}</h2>
      <p class="note">{say("没有回答的按最严处理；回答后结论立即更新。", "What is not answered is taken at its gravest; the verdict follows each answer.")}</p>
      {[...questions.values()].map((one) => (
        <fieldset key={one.question} class="question">
          <legend>{of(one.text)}</legend>
          {(["yes", "no"] as const).map((value) => (
            <label key={value}>
              <input type="radio" name={one.question} checked={said.answers[one.question] === value} onChange={() => answer(one.question, value)} />
              {value === "yes" ? say("是", "Yes") : say("否", "No")}
            </label>
          ))}
        </fieldset>
      ))}
      {answered.map((id) => (
        <p key={id} class="note">
          {id}: {said.answers[id] === "yes" ? say("是", "yes") : say("否", "no")}{" "}
          <button type="button" class="link" onClick={() => answer(id, null)}>
            {say("撤回", "take back")}
          </button>
        </p>
      ))}
      {figures.map((name) => (
        <label key={name} class="field inline">
          <span>{say(FIGURES[name][0], FIGURES[name][1])}</span>
          {FIGURES[name][2] === "text" ? (
            <input type="text" value={said[name] ?? ""} onChange={(event) => figure(name, event.currentTarget.value)} />
          ) : (
            <input
              type="number"
              step="any"
              value={said[name] ?? ""}
              onChange={(event) => figure(name, event.currentTarget.value === "" ? undefined : event.currentTarget.valueAsNumber)}
            />
          )}
        </label>
      ))}
    </section>
  );
}
