/** A token for a program as a form holds it, what is wrong with it, and what is sent. */

import type { Verb } from "@/session";
import type { NewToken } from "./api";

export interface TokenDraft {
  name: string;
  verbs: Verb[];
  sites: string[];
  /** A day, `2026-11-26`; it ends with that day on this machine's clock. */
  endsOn: string;
  password: string;
}

/** What only somebody who is there may do: the server gives it to no program, and logging in is part of every token. */
const NEVER: readonly Verb[] = ["manage_self", "be_told", "stay_logged_in"];
const DAY_MS = 86_400_000;
const LONGEST_DAYS = 365;
const USUAL_DAYS = 90;

export function verbsFor(mine: readonly Verb[]): Verb[] {
  return mine.filter((verb) => !NEVER.includes(verb));
}

export function dayOf(ms: number): string {
  const day = new Date(ms);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
}

export const lastDay = (nowMs: number) => dayOf(nowMs + (LONGEST_DAYS - 1) * DAY_MS);

export function tokenDraft(nowMs: number): TokenDraft {
  return { name: "", verbs: [], sites: [], endsOn: dayOf(nowMs + USUAL_DAYS * DAY_MS), password: "" };
}

type Wrong = "needName" | "needVerb" | "needEnd" | "needPassword";

/** By the server's name of the field. */
export function wrongToken(draft: TokenDraft, nowMs: number): Partial<Record<string, Wrong>> {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(draft.endsOn);
  return {
    ...(draft.name.trim() === "" ? { name: "needName" as const } : {}),
    ...(draft.verbs.length === 0 ? { verbs: "needVerb" as const } : {}),
    ...(!isDay || draft.endsOn < dayOf(nowMs) || draft.endsOn > lastDay(nowMs) ? { ends_at: "needEnd" as const } : {}),
    ...(draft.password === "" ? { password: "needPassword" as const } : {}),
  };
}

export function newToken(draft: TokenDraft): NewToken {
  const end = new Date(`${draft.endsOn}T23:59:59`);
  return { name: draft.name.trim(), password: draft.password, verbs: [...draft.verbs], sites: draft.sites.length === 0 ? null : [...draft.sites], ends_at: end.toISOString() };
}
