/** Signing in by a key, which stays in this tab and is sent to the service alone. */
import { useRef, useState } from "preact/hooks";
import { ask, Problem } from "../core/api";
import { of, say } from "../core/lang";
import { caller, key } from "../core/session";
import type { Caller } from "../core/types";
import { Failure } from "./parts";

/** Find out who the kept key is; one that is refused is forgotten. */
export async function findCaller(): Promise<void> {
  try {
    caller.value = await ask<Caller>("/caller");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      key.value = null;
      caller.value = await ask<Caller>("/caller").catch(() => null);
    }
  }
}

export function SignIn() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const who = caller.value;

  async function enter(event: Event): Promise<void> {
    event.preventDefault();
    setProblem(null);
    key.value = text.trim();
    try {
      caller.value = await ask<Caller>("/caller");
      setText("");
      dialog.current?.close();
    } catch (error) {
      key.value = null;
      if (error instanceof Problem) setProblem(error);
    }
  }

  if (who && !who.anonymous) {
    return (
      <span class="who">
        <span>{of(who.title)}</span>
        <button
          type="button"
          onClick={() => {
            key.value = null;
            void findCaller();
          }}
        >
          {say("退出", "Sign out")}
        </button>
      </span>
    );
  }
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        {say("登录", "Sign in")}
      </button>
      <dialog ref={dialog} aria-labelledby="sign-in">
        <form onSubmit={(event) => void enter(event)}>
          <h2 id="sign-in">{say("以密钥登录", "Sign in with a key")}</h2>
          <p class="note">
            {say(
              "公开图层和用地预检不需要登录。密钥由管理员发放（blueprint keys add），本机启动服务时也会打印一个；只保存在这个标签页。",
              "Public layers and site checks need no key. An administrator gives keys out (blueprint keys add); on this machine, serve prints one. It stays in this tab alone.",
            )}
          </p>
          <label class="field">
            <span>{say("密钥", "Key")}</span>
            <input
              type="password"
              autocomplete="off"
              required
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
          {problem && <Failure problem={problem} />}
          <div class="row">
            <button class="primary">{say("登录", "Sign in")}</button>
            <button type="button" onClick={() => dialog.current?.close()}>
              {say("取消", "Cancel")}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
