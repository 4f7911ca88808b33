/** Changing the recording plans of one camera or of many: what is left empty stays as each has it. Pure. */

import type { Camera } from "@/api/client";
import { clockOf, minuteOf, type Week } from "@/manage/hours";
import type { Plan } from "./api";

export const LEAST_DAYS = 7;
export const MOST_DAYS = 3650;
export const MODES = ["continuous", "calendar", "alerts", "off"] as const;

/** "" : as each camera has it. */
export interface Change {
  days: string;
  mode: Plan["mode"] | "";
  stream: Plan["stream"] | "";
  pre: string;
  post: string;
  /** null: as each camera has them. */
  windows: Week[] | null;
}

export const FRESH_WINDOW: Week = { days: [1, 2, 3, 4, 5], from_minute: 6 * 60, to_minute: 18 * 60 + 30 };

/** What all of them have alike stands in the form. */
export function changeOf(cameras: readonly Camera[]): Change {
  const plans = cameras.map((camera) => camera.recording);
  const [first] = plans;
  const alike = <T>(of: (plan: Plan) => T): T | undefined => {
    const texts = new Set(plans.map((plan) => JSON.stringify(of(plan))));
    return texts.size === 1 && first !== undefined ? of(first) : undefined;
  };
  const windows = alike((plan) => plan.windows ?? []);
  return {
    days: String(alike((plan) => plan.retention_days) ?? ""), mode: alike((plan) => plan.mode) ?? "", stream: alike((plan) => plan.stream) ?? "",
    pre: String(alike((plan) => plan.pre_roll_s) ?? ""), post: String(alike((plan) => plan.post_roll_s) ?? ""), windows: windows === undefined ? null : windows.map(weekOf),
  };
}

function weekOf(window: NonNullable<Plan["windows"]>[number]): Week {
  return { days: [...window.days], from_minute: minuteOf(window.start) ?? 0, to_minute: minuteOf(window.end) ?? 0 };
}

const isWhole = (text: string, least: number, most: number) => /^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= most;

/** Keys of words, by field. */
export function faultsOf(change: Change): Record<string, string> {
  const faults: Record<string, string> = {};
  if (change.days !== "" && !isWhole(change.days, LEAST_DAYS, MOST_DAYS)) faults["days"] = "storage.form.badDays";
  if (change.mode === "alerts" && change.pre !== "" && !isWhole(change.pre, 0, 120)) faults["pre"] = "storage.form.badPre";
  if (change.mode === "alerts" && change.post !== "" && !isWhole(change.post, 0, 600)) faults["post"] = "storage.form.badPost";
  if (change.mode === "calendar" && change.windows !== null) {
    if (change.windows.length === 0) faults["windows"] = "storage.form.noWindows";
    else if (change.windows.some((window) => window.days.length === 0)) faults["windows"] = "storage.form.noWeekday";
  }
  return faults;
}

/** What a camera would have then; null: just what it has. */
export function planFor(plan: Plan, change: Change): Plan | null {
  const mode = change.mode || plan.mode;
  const next: Plan = { ...plan, mode, stream: change.stream || plan.stream };
  if (change.days !== "") next.retention_days = Number(change.days);
  if (mode === "alerts") {
    if (change.pre !== "") next.pre_roll_s = Number(change.pre);
    if (change.post !== "") next.post_roll_s = Number(change.post);
  }
  if (mode === "calendar" && change.windows !== null) next.windows = change.windows.map((week) => ({ days: week.days, start: clockOf(week.from_minute), end: clockOf(week.to_minute) }));
  return JSON.stringify(next) === JSON.stringify(plan) ? null : next;
}

/** One that records by the calendar and has no hours would be refused. */
export function lacksWindows(cameras: readonly Camera[], change: Change): Camera[] {
  return cameras.filter((camera) => {
    const next = planFor(camera.recording, change) ?? camera.recording;
    return next.mode === "calendar" && (next.windows ?? []).length === 0;
  });
}

export const changed = (cameras: readonly Camera[], change: Change) => cameras.filter((camera) => planFor(camera.recording, change) !== null);

/** Of these something may be deleted. */
export function shortened(cameras: readonly Camera[], change: Change): Camera[] {
  return cameras.filter((camera) => (planFor(camera.recording, change)?.retention_days ?? Infinity) < camera.recording.retention_days);
}

/** Of these, nothing is recorded from now on. */
export const silenced = (cameras: readonly Camera[], change: Change) => cameras.filter((camera) => planFor(camera.recording, change)?.mode === "off" && camera.recording.mode !== "off");
