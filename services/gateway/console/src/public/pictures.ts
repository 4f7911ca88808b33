/** What a public screen asks, and when it asks again. No log-in and no cookie goes with it. */

import type { Schemas } from "@/api/client";

export type View = Schemas["PublicScreenView"];
export type Closed = "off" | "over" | "outside_hours" | "gone" | "offline" | "busy";
/** A picture is never shown as if it were live when it is older than that. */
export const OLD_MS = 15_000;
const LIMIT_MS = 8_000;
const RETRY_MS = 5_000;

export type Answer =
  | { kind: "picture"; blob: Blob; takenMs: number; etag: string }
  | { kind: "same" }
  | { kind: "preparing" | "away" | "closed" | "offline" | "busy"; againMs: number };

async function ask(path: string, headers: Record<string, string>): Promise<Response | null> {
  try {
    return await fetch(`/api/v1/public/${path}`, { credentials: "omit", headers, signal: AbortSignal.timeout(LIMIT_MS) });
  } catch {
    return null;
  }
}

/** The screen, or why there is none. */
export async function viewOf(token: string): Promise<View | Closed> {
  const answer = await ask(encodeURIComponent(token), {});
  if (answer === null) return "offline";
  if (answer.ok) return (await answer.json()) as View;
  if (answer.status === 429) return "busy";
  return answer.status < 500 ? "gone" : "offline";
}

export async function pictureOf(token: string, number: number, etag: string): Promise<Answer> {
  const answer = await ask(`${encodeURIComponent(token)}/pictures/${number}.jpg`, etag === "" ? {} : { "If-None-Match": etag });
  if (answer === null) return { kind: "offline", againMs: RETRY_MS };
  if (answer.status === 304) return { kind: "same" };
  if (answer.ok) {
    const takenMs = Number(answer.headers.get("X-Captured-Us")) / 1000;
    return { kind: "picture", blob: await answer.blob(), takenMs, etag: answer.headers.get("ETag") ?? "" };
  }
  const code = await answer.json().then((body: { code?: string }) => body.code ?? "", () => "");
  return refusal(answer.status, code, Number(answer.headers.get("Retry-After")));
}

/** `retryS`: 0 where nothing was said. */
export function refusal(status: number, code: string, retryS: number): Answer {
  const againMs = retryS > 0 ? retryS * 1000 : RETRY_MS;
  if (status === 429) return { kind: "busy", againMs };
  if (code === "picture_preparing") return { kind: "preparing", againMs };
  if (status === 403 || code === "no_such_link") return { kind: "closed", againMs };
  return { kind: "away", againMs };
}

/** So that pictures come one after another and not all at once. */
export function firstDelayMs(index: number, count: number, refreshMs: number): number {
  return count <= 0 ? 0 : Math.round((index * refreshMs) / count);
}

/** Columns on a wide screen: as many as rows, or one more. */
export function columnsFor(count: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(count)));
}

/** The first language the browser names that we speak. */
export function spokenBy(languages: readonly string[]): "zh-CN" | "en" {
  for (const language of languages) {
    if (language.toLowerCase().startsWith("zh")) return "zh-CN";
    if (language.toLowerCase().startsWith("en")) return "en";
  }
  return languages.length === 0 ? "zh-CN" : "en";
}
