/** A rule as a form holds it, and back; what differs between two versions. */

import type { Rule } from "./api";

export interface RuleDraft {
  isEnabled: boolean;
  risk: Rule["risk"];
  deadlineH: string;
  broken: string;
  looked: string;
  seconds: string;
  score: string;
  height: string;
  when: Rule["when"];
  sites: string[];
  units: string[];
  siteKinds: string[];
  purposes: string[];
  warnsKitchen: boolean;
  announcement: string;
  overAfterS: string;
  reopenS: string;
  folds: Rule["folds"];
}

export function draftOf(rule: Rule): RuleDraft {
  return {
    isEnabled: rule.is_enabled,
    risk: rule.risk,
    deadlineH: rule.deadline_h == null ? "" : String(rule.deadline_h),
    broken: String(rule.condition.broken),
    looked: String(rule.condition.looked),
    seconds: String(rule.condition.seconds),
    score: String(rule.condition.score),
    height: String(rule.condition.height),
    when: [...rule.when],
    sites: [...rule.where.sites],
    units: [...(rule.where.units ?? [])],
    siteKinds: [...rule.where.site_kinds],
    purposes: [...rule.where.purposes],
    warnsKitchen: rule.warns_kitchen,
    announcement: rule.announcement ?? "",
    overAfterS: String(rule.over_after_s),
    reopenS: String(rule.reopen_s),
    folds: rule.folds,
  };
}

/** The rule changed so; what the form does not show stays. */
export function ruleOf(draft: RuleDraft, rule: Rule): Rule {
  const number = (text: string) => Number(text);
  return {
    ...rule,
    is_enabled: draft.isEnabled,
    risk: draft.risk,
    deadline_h: draft.deadlineH.trim() === "" ? null : number(draft.deadlineH),
    condition: {
      ...rule.condition,
      broken: number(draft.broken), looked: number(draft.looked), seconds: number(draft.seconds), score: number(draft.score), height: number(draft.height),
    },
    where: { ...rule.where, sites: [...draft.sites], units: [...draft.units], site_kinds: [...draft.siteKinds], purposes: [...draft.purposes] },
    when: [...draft.when],
    warns_kitchen: draft.risk === 1 && draft.warnsKitchen,
    announcement: draft.announcement.trim() === "" ? null : draft.announcement.trim(),
    over_after_s: number(draft.overAfterS),
    reopen_s: number(draft.reopenS),
    folds: draft.folds,
  };
}

/** A rule of its own with another's settings: its first version. */
export function copyOf(rule: Rule, own: { id: string; zhCN: string; en: string }): Rule {
  const title = { "zh-CN": own.zhCN.trim(), en: own.en.trim() || own.zhCN.trim() };
  return { ...rule, rule: own.id.trim(), version: 1, title };
}

const NUMBERS = {
  "condition.broken": { of: "broken", min: 1, max: 600, isWhole: true },
  "condition.looked": { of: "looked", min: 1, max: 600, isWhole: true },
  "condition.seconds": { of: "seconds", min: 0, max: 86_400, isWhole: false },
  "condition.score": { of: "score", min: 0, max: 1, isWhole: false },
  "condition.height": { of: "height", min: 0, max: 1, isWhole: false },
  over_after_s: { of: "overAfterS", min: 1, max: 86_400, isWhole: false },
  reopen_s: { of: "reopenS", min: 0, max: Infinity, isWhole: false },
} as const;

/** Key of what is wrong, by the server's name of the field. */
export function wrongIn(draft: RuleDraft): Record<string, "numbers" | "brokenOver"> {
  const wrong: Record<string, "numbers" | "brokenOver"> = {};
  for (const [field, rule] of Object.entries(NUMBERS)) {
    const text = String(draft[rule.of]).trim();
    const value = Number(text);
    const isGood = text !== "" && value >= rule.min && value <= rule.max && (!rule.isWhole || Number.isInteger(value));
    if (!isGood) wrong[field] = "numbers";
  }
  const deadline = draft.deadlineH.trim();
  if (deadline !== "" && !(Number(deadline) >= 0)) wrong["deadline_h"] = "numbers";
  const isCounted = !("condition.broken" in wrong || "condition.looked" in wrong);
  if (isCounted && Number(draft.broken) > Number(draft.looked)) wrong["condition.broken"] = "brokenOver";
  return wrong;
}

/** Which parts of a rule differ from the version before it. */
export function changesOf(newer: Rule, older: Rule): string[] {
  const isSame = (one: unknown, other: unknown) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
  return (Object.keys(newer) as (keyof Rule)[]).filter((key) => key !== "version" && key !== "rule" && !isSame(newer[key], older[key]));
}

export function titleOf(title: Record<string, string>, locale: string, id: string): string {
  return title[locale] || title["zh-CN"] || title["en"] || id;
}
