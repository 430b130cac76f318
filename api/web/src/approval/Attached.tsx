/** Checks that were made elsewhere, attached to the case: what they say, who attached them, one more. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { ask, Problem } from "../core/api";
import { area, moment } from "../core/format";
import { say } from "../core/lang";
import { Loader } from "../core/load";
import { caller } from "../core/session";
import { to } from "../core/route";
import { Badge, Busy, Failure, Field } from "../ui/parts";
import type { PanelProps } from "./CasePage";
import type { AttachedCheck } from "./types";

const APPROVAL = ["approver", "administrator"];

export function Attached({ id, file, again }: PanelProps) {
  const listed = useMemo(() => new Loader<{ checks: AttachedCheck[] }>(), [id, file.ledger.length]);
  const path = `/cases/${encodeURIComponent(id)}/checks`;
  const load = () => void listed.run((signal) => ask(path, { signal }));
  useEffect(load, [listed]);
  const { data, problem } = listed.value;
  const mayAttach = APPROVAL.includes(caller.value?.role ?? "");
  if (data && !data.checks.length && !mayAttach) return null;
  return (
    <section aria-labelledby="attached">
      <h2 id="attached">{say("附入的预检", "Attached checks")}</h2>
      {problem && <Failure problem={problem} again={load} />}
      {!data && !problem && <Busy what={say("正在读取附入的预检", "Reading attached checks")} />}
      <ul class="plain attached">
        {data?.checks.map((one) => (
          <li key={one.number}>
            <p>
              <Badge outcome={one.verdict} /> <strong>{one.site}</strong> · {area(one.area)}
              {one.same_site === false && <span class="tag warn">{say("与预审红线不同", "another outline")}</span>}
            </p>
            <p class="note">
              <code>{one.check_id}</code> · {say("快照", "snapshot")} {one.snapshot.id} · {moment(one.at)}
              {one.who && say(` ${one.who} 附入`, ` attached by ${one.who}`)} · <a href={to("approve", id, "changes")}>{say("比较", "compare")}</a>
            </p>
            {one.note && <p>{one.note}</p>}
          </li>
        ))}
      </ul>
      {data && !data.checks.length && <p class="note">{say("还没有附入预检。", "No check is attached yet.")}</p>}
      {mayAttach && <Form path={path} again={again} />}
    </section>
  );
}

function Form({ path, again }: { path: string; again: () => void }) {
  const [checkId, setCheckId] = useState("");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  async function attach(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await ask(path, { body: { check_id: checkId.trim(), note: note.trim() || null } });
      setCheckId("");
      setNote("");
      again();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }
  return (
    <form class="row" onSubmit={(event) => void attach(event)}>
      <Field label={say("预检编号（chk_…）", "Number of the check (chk_…)")}>
        <input type="text" required value={checkId} onInput={(event) => setCheckId(event.currentTarget.value)} />
      </Field>
      <Field label={say("说明（仅审批人员可见）", "Why (for approval staff alone)")}>
        <input type="text" maxLength={1000} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </Field>
      <button disabled={busy}>{say("附入预检", "Attach the check")}</button>
      {busy && <Busy what={say("正在附入", "Attaching")} />}
      {problem && <Failure problem={problem} />}
    </form>
  );
}
