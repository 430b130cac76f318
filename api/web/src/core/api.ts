/** The one way to the service: its public API, with the caller's key and language. */
import { key } from "./session";
import { lang } from "./lang";

/** Where the API lies: the page is one step below it. */
export const BASE = new URL("..", document.baseURI).href.replace(/\/$/, "");

/** What went wrong, in words for people. `status` 0: the service could not be reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly kind: string,
  ) {
    super(detail);
  }
}

export interface Asked {
  method?: "GET" | "POST" | "DELETE" | "PUT";
  query?: Record<string, string | number | boolean | null | undefined>;
  /** An object is sent as JSON, a form or a blob as it is. */
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
}

export function headers(accept: string): Record<string, string> {
  const told: Record<string, string> = { Accept: accept, "Accept-Language": lang.peek() };
  const mine = key.peek();
  if (mine) told["X-Api-Key"] = mine;
  return told;
}

export function address(path: string, query: Asked["query"] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const asked = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `${BASE}${path}${given.length ? `?${asked}` : ""}`;
}

async function send(path: string, asked: Asked): Promise<Response> {
  const told = headers(asked.accept ?? "application/json");
  let body: BodyInit | undefined;
  if (asked.body instanceof FormData || asked.body instanceof Blob || typeof asked.body === "string") {
    body = asked.body;
    if (asked.contentType) told["Content-Type"] = asked.contentType;
  } else if (asked.body !== undefined) {
    body = JSON.stringify(asked.body);
    told["Content-Type"] = asked.contentType ?? "application/json";
  }
  let answer: Response;
  try {
    answer = await fetch(address(path, asked.query), {
      method: asked.method ?? (asked.body === undefined ? "GET" : "POST"),
      headers: told,
      body: body ?? null,
      signal: asked.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw gone();
  }
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

function gone(): Problem {
  const zh = lang.peek() === "zh";
  return new Problem(
    0,
    zh ? "服务没有应答" : "The service does not answer",
    zh ? "请检查网络，或稍后重试" : "check the network, or try again in a moment",
    "Unreachable",
  );
}

async function problemOf(answer: Response): Promise<Problem> {
  let said: { title?: string; detail?: string; type?: string } = {};
  try {
    said = (await answer.json()) as typeof said;
  } catch {
    // not the service's own words: a proxy's
  }
  const kind = (said.type ?? "").split("/").pop() ?? "";
  return new Problem(answer.status, said.title ?? answer.statusText, said.detail ?? "", kind);
}

export async function ask<T>(path: string, asked: Asked = {}): Promise<T> {
  const answer = await send(path, asked);
  try {
    return (await answer.json()) as T;
  } catch (error) {
    if (error instanceof DOMException) throw error;
    throw gone();
  }
}

/** A file, saved under a name: with a key it cannot be had by a plain link. */
export async function save(path: string, name: string, accept: string, query: Asked["query"] = {}): Promise<void> {
  const answer = await send(path, { accept, query });
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A picture as an address that an image can show; to be given back with `URL.revokeObjectURL`. */
export async function picture(path: string, query: Asked["query"] = {}): Promise<string> {
  const answer = await send(path, { accept: "image/svg+xml, image/png", query });
  return URL.createObjectURL(await answer.blob());
}
