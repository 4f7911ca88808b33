/** A draw as somebody fills it in, and as it is called. Pure. */

import type { NewDraw } from "./api";
import { isHex } from "./seed";

export interface DraftDepartment {
  department: string;
  account: string;
  commitment: string;
}

export interface Draft {
  title: string;
  count: number;
  riskWeights: [number, number, number];
  bands: { from_days: number; weight: number }[];
  neverWeight: number;
  departments: DraftDepartment[];
  /** Account names, as people separate them. */
  supervisors: string;
  /** As an input of date and time has them: 2026-11-24T18:00 */
  commitUntil: string;
  revealUntil: string;
  lookUntil: string;
  ifMissing: "go_on" | "void";
}

export type Fault = "title" | "count" | "weights" | "bands" | "departments" | "commitment" | "supervisors" | "times";

/** Weights as the server has them when nothing is said; times of the next days, at the end of work. */
export function newDraft(now: Date, account: string): Draft {
  return {
    title: "", count: 5, riskWeights: [4, 2, 1], bands: [{ from_days: 0, weight: 1 }, { from_days: 30, weight: 2 }, { from_days: 90, weight: 4 }], neverWeight: 6,
    departments: [{ department: "", account, commitment: "" }], supervisors: account,
    commitUntil: evening(now, 1), revealUntil: evening(now, 2), lookUntil: evening(now, 14), ifMissing: "go_on",
  };
}

export function accountsOf(text: string): string[] {
  return [...new Set(text.split(/[\s,，、;；]+/).map((one) => one.trim().toLowerCase()).filter((one) => one !== ""))];
}

/** What is to be changed before it can be called. */
export function faultsOf(draft: Draft, now: Date): Fault[] {
  const faults: Fault[] = [];
  const names = draft.departments.map((one) => one.department.trim());
  const begins = draft.bands.map((band) => band.from_days);
  const isWeight = (weight: number) => Number.isInteger(weight) && weight >= 1 && weight <= 1000;
  if (draft.title.trim() === "") faults.push("title");
  if (!Number.isInteger(draft.count) || draft.count < 1 || draft.count > 10_000) faults.push("count");
  if (![...draft.riskWeights, draft.neverWeight, ...draft.bands.map((band) => band.weight)].every(isWeight)) faults.push("weights");
  if (begins[0] !== 0 || begins.some((day, at) => !Number.isInteger(day) || (at > 0 && day <= (begins[at - 1] ?? 0)))) faults.push("bands");
  if (names.length === 0 || names.includes("") || new Set(names).size < names.length || draft.departments.some((one) => one.account.trim() === "")) faults.push("departments");
  if (draft.departments.some((one) => one.commitment.trim() !== "" && !isHex(one.commitment.trim()))) faults.push("commitment");
  if (accountsOf(draft.supervisors).length === 0) faults.push("supervisors");
  const times = [now.getTime(), ...[draft.commitUntil, draft.revealUntil, draft.lookUntil].map((text) => new Date(text).getTime())];
  if (times.some((time, at) => Number.isNaN(time) || (at > 0 && time <= (times[at - 1] ?? 0)))) faults.push("times");
  return faults;
}

export function askedOf(draft: Draft): NewDraw {
  return {
    title: draft.title.trim(), sites: [],
    rule: { count: draft.count, risk_weights: draft.riskWeights, bands: draft.bands, never_weight: draft.neverWeight },
    departments: draft.departments.map((one) => ({ department: one.department.trim(), account: one.account.trim(), commitment: one.commitment.trim() || null })),
    supervisors: accountsOf(draft.supervisors),
    commit_until: new Date(draft.commitUntil).toISOString(), reveal_until: new Date(draft.revealUntil).toISOString(), look_until: new Date(draft.lookUntil).toISOString(),
    if_missing: draft.ifMissing,
  };
}

function evening(now: Date, later: number): string {
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + later);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T18:00`;
}
