/** A silence as a form holds it, what is sent of it, and what state one is in. */

import { momentOf, type Week } from "./hours";

export interface SilenceDraft {
  kind: "silence" | "maintenance";
  sites: string[];
  cameras: string[];
  rules: string[];
  coversClass1: boolean;
  reason: string;
  start: string;
  end: string;
  weekly: Week[];
}

export function blankSilence(): SilenceDraft {
  return { kind: "silence", sites: [], cameras: [], rules: [], coversClass1: false, reason: "", start: "", end: "", weekly: [] };
}

/** Key of what is wrong, by the server's name of the field; "" where only something is missing. */
export function wrongWith(draft: SilenceDraft, mayEverywhere: boolean): Record<string, "needSites" | "needSome" | "needEnd" | "endFirst" | ""> {
  const wrong: ReturnType<typeof wrongWith> = {};
  if (draft.reason.trim() === "") wrong["reason"] = "";
  const isAnywhere = draft.sites.length === 0 && draft.cameras.length === 0;
  if (isAnywhere && !mayEverywhere) wrong["sites"] = "needSites";
  else if (isAnywhere && draft.rules.length === 0) wrong["sites"] = "needSome";
  const end = momentOf(draft.end);
  if (end === null) wrong["end"] = "needEnd";
  else if (Date.parse(end) <= (draft.start === "" ? Date.now() : Date.parse(draft.start))) wrong["end"] = "endFirst";
  if (draft.kind === "maintenance" && draft.weekly.some((row) => row.days.length === 0)) wrong["weekly"] = "";
  return wrong;
}

export function silenceBody(draft: SilenceDraft, timeZone: string) {
  return {
    kind: draft.kind, sites: draft.sites, cameras: draft.cameras, rules: draft.rules, covers_class_1: draft.coversClass1, reason: draft.reason.trim(),
    start: momentOf(draft.start), end: momentOf(draft.end), weekly: draft.kind === "maintenance" ? draft.weekly : [], time_zone: timeZone,
  };
}

export type SilenceState = "now" | "later" | "over" | "pause";

export function stateOf(silence: { start: string; end: string; ended_at: string | null; is_in_force: boolean }, nowMs: number): SilenceState {
  if (silence.ended_at !== null || Date.parse(silence.end) <= nowMs) return "over";
  if (silence.is_in_force) return "now";
  return Date.parse(silence.start) > nowMs ? "later" : "pause";
}
