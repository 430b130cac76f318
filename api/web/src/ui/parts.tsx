/** Small parts that all desks are made of. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../core/api";
import { of, say } from "../core/lang";
import type { LegalBasis, Outcome, Verdict } from "../core/types";
import { LEVELS, OUTCOMES, SIGNS } from "../core/words";

export function Badge({ outcome }: { outcome: Outcome | Verdict }) {
  return (
    <span class={`badge ${outcome}`}>
      <span aria-hidden="true">{SIGNS[outcome]}</span> {of(OUTCOMES[outcome])}
    </span>
  );
}

/** Told to screen readers at once; with what went wrong and what to do. */
export function Failure({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div class="failure" role="alert">
      <strong>{problem.title}</strong>
      {problem.message && <p>{problem.message}</p>}
      {problem.status === 401 && <p>{say("请在右上角以密钥登录。", "Sign in with a key, at the top right.")}</p>}
      {again && (
        <button type="button" onClick={again}>
          {say("重试", "Try again")}
        </button>
      )}
    </div>
  );
}

/** Shown once something takes longer than a blink, with the seconds that it has taken. */
export function Busy({ what }: { what: string }) {
  const [seconds, setSeconds] = useState(-1);
  useEffect(() => {
    const first = setTimeout(() => setSeconds(0), 250);
    const every = setInterval(() => setSeconds((known) => known + 1), 1000);
    return () => {
      clearTimeout(first);
      clearInterval(every);
    };
  }, []);
  if (seconds < 0) return null;
  return (
    <p class="busy" role="status">
      <progress aria-label={what} /> {what}
      {seconds > 0 && <span class="note">{say(`已 ${seconds} 秒`, `${seconds} s`)}</span>}
    </p>
  );
}

export function Laws({ bases }: { bases: LegalBasis[] }) {
  if (!bases.length) return null;
  return (
    <ul class="laws">
      {bases.map((basis) => (
        <li key={`${basis.law} ${basis.article}`}>
          {say(`《${basis.title.zh}》`, basis.title.en)}
          {basis.number && say(`（${basis.number}）`, ` (${basis.number})`)}
          {basis.article && <> {basis.article}</>}
          <span class="note">
            {" "}
            {of(LEVELS[basis.level] ?? { zh: basis.level, en: basis.level })}
            {!basis.verified && say(" · 条文未核实", " · not verified")}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}

export function Field({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

export interface Tab {
  id: string;
  label: string;
  href: string;
}

export function Tabs({ tabs, now, label }: { tabs: Tab[]; now: string; label: string }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.id} href={tab.href} aria-current={tab.id === now ? "page" : undefined}>
          {tab.label}
        </a>
      ))}
    </nav>
  );
}
