/** The gateway's API, typed from its OpenAPI document. The login cookie authenticates. */

import { asSaid, faultReader } from "./faultWords";
import type { components } from "./schema";

export type Schemas = components["schemas"];
export type Camera = Schemas["CameraAnswer"];
export type NewCamera = Schemas["NewCamera"];
export type CameraChange = Schemas["CameraChange"];

/** An RFC 9457 problem document. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    /** Field name (dotted) to what is to be changed about it, in their language; else in the server's words. */
    readonly fields: Record<string, string>,
    /** With 429 and 503: when to try again. */
    readonly retryAfterS: number | null = null,
    /** Stable name of the refusal; empty where the answer was no problem document. */
    readonly code = "",
    /** What people are told, in their language; else the server's words. */
    words = "",
  ) {
    super(words || detail || title);
  }
}

/** The server could not be reached at all. */
export class Offline extends Error {}

const LIMIT_MS = 20_000;
let onLoginEnded: () => void = () => undefined;

export function whenLoginEnds(told: () => void): void {
  onLoginEnded = told;
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const text = body === undefined ? null : JSON.stringify(body);
  const answer = await send(method, path, text, "application/json");
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export interface SendMore {
  headers?: Record<string, string>;
  limitMs?: number;
}

/** Any kind of text, or a file. Throws Offline and Problem, as `call` does. */
export async function send(
  method: string, path: string, body: string | Blob | null, type: string, more: SendMore = {},
): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers: { ...(body === null ? {} : { "Content-Type": type }), ...more.headers },
      body,
      signal: AbortSignal.timeout(more.limitMs ?? LIMIT_MS),
    });
  } catch {
    throw new Offline("offline");
  }
  if (answer.ok) return answer;
  const problem = await asProblem(answer);
  if (answer.status === 401 && path !== "/sessions") onLoginEnded();
  throw problem;
}

/** Empty where the server's own words are to be shown: they are English, and so may the reader's language be. */
async function wordsOf(code: string): Promise<string> {
  if (document.documentElement.lang !== "zh-CN") return "";
  try {
    return (await import("@/i18n/refusals.zh-CN")).refusalsZh[code] ?? "";
  } catch {
    return ""; // the network went away meanwhile
  }
}

async function asProblem(answer: Response): Promise<Problem> {
  try {
    const document = (await answer.json()) as Schemas["Problem"];
    const fields: Record<string, string> = {};
    const errors = document.errors ?? [];
    const say = errors.length > 0 ? await faultReader() : asSaid;
    for (const error of errors) fields[error.field] = say(error);
    // Of one field, and without words of its own: then the field's words say it, also where the form has no such field.
    const words = (await wordsOf(document.code)) || (errors.length === 1 && errors[0] !== undefined ? say(errors[0]) : "");
    return new Problem(answer.status, document.title, document.detail, fields, document.retry_after_s ?? null, document.code, words);
  } catch {
    return new Problem(answer.status, answer.statusText, "", {});
  }
}

export const api = {
  logIn: (name: string, password: string, code: string | null = null) =>
    call<Schemas["SessionOpened"]>("POST", "/sessions", { name, password, code }),
  changePassword: (password: string, next: string) => call<void>("PUT", "/me/password", { password, new_password: next }),
  oidc: () => call<Schemas["OidcAnswer"]>("GET", "/oidc"),
  current: () => call<Schemas["CurrentSession"]>("GET", "/sessions/current"),
  logOut: () => call<void>("DELETE", "/sessions/current"),
  sites: () => all<Schemas["SiteAnswer"]>("/sites"),
  addSite: (site: Schemas["NewSite"]) => call<Schemas["SiteAnswer"]>("POST", "/sites", site),
  removeSite: (id: string) => call<void>("DELETE", `/sites/${id}`),
  cameras: () => all<Camera>("/cameras"),
  camera: (id: string) => call<Camera>("GET", `/cameras/${encodeURIComponent(id)}`),
  addCamera: (camera: NewCamera) => call<Camera>("POST", "/cameras", camera),
  changeCamera: (id: string, change: CameraChange) => call<Camera>("PATCH", `/cameras/${id}`, change),
  removeCamera: (id: string) => call<void>("DELETE", `/cameras/${id}`),
  probe: (order: Schemas["ProbeOrder"]) => call<Schemas["ProbeAnswer"]>("POST", "/cameras/probe", order),
  status: () => call<Schemas["Status"]>("GET", "/status"),
};

/** Every page of a list. */
export async function all<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null | undefined = undefined;
  do {
    const query: string = cursor ? `?limit=200&cursor=${encodeURIComponent(cursor)}` : "?limit=200";
    const page: { items: T[]; next_cursor?: string | null } = await call("GET", path + query);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}
