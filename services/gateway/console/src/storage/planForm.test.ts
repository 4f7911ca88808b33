import { describe, expect, it } from "vitest";
import type { Camera } from "@/api/client";
import type { Plan } from "./api";
import { changed, changeOf, faultsOf, lacksWindows, planFor, shortened, silenced, type Change } from "./planForm";

const PLAN: Plan = { mode: "continuous", stream: "main", retention_days: 30, pre_roll_s: 10, post_roll_s: 30, windows: [], time_zone: "Asia/Urumqi" };
const camera = (id: string, plan: Partial<Plan> = {}) => ({ id, name: id, recording: { ...PLAN, ...plan } }) as unknown as Camera;
const NOTHING: Change = { days: "", mode: "", stream: "", pre: "", post: "", windows: null };
const SCHOOL_DAYS = [{ days: [1, 2, 3, 4, 5], start: "06:00", end: "18:30" }];

describe("a change of recording plans", () => {
  it("shows what all have alike and leaves the rest empty", () => {
    expect(changeOf([camera("1"), camera("2", { retention_days: 15, mode: "calendar", windows: SCHOOL_DAYS })])).toEqual({ days: "", mode: "", stream: "main", pre: "10", post: "30", windows: null });
    expect(changeOf([camera("1", { windows: SCHOOL_DAYS })]).windows).toEqual([{ days: [1, 2, 3, 4, 5], from_minute: 360, to_minute: 1110 }]);
  });

  it("that was not made changes nobody", () => {
    const some = [camera("1"), camera("2", { retention_days: 15, mode: "calendar", windows: SCHOOL_DAYS }), camera("3", { mode: "off" })];
    expect(changed(some, changeOf(some))).toEqual([]);
    for (const one of some) expect(changed([one], changeOf([one]))).toEqual([]);
  });

  it("keeps what it does not name, the time zone too", () => {
    expect(planFor(PLAN, { ...NOTHING, days: "7" })).toEqual({ ...PLAN, retention_days: 7 });
    expect(planFor({ ...PLAN, mode: "calendar", windows: SCHOOL_DAYS }, { ...NOTHING, days: "90" })).toEqual({ ...PLAN, mode: "calendar", windows: SCHOOL_DAYS, retention_days: 90 });
  });

  it("writes hours and rolls only where they count", () => {
    const week = { days: [6], from_minute: 0, to_minute: 60 };
    expect(planFor(PLAN, { ...NOTHING, windows: [week], pre: "5" })).toBeNull();
    expect(planFor(PLAN, { ...NOTHING, mode: "calendar", windows: [week] })?.windows).toEqual([{ days: [6], start: "00:00", end: "01:00" }]);
    expect(planFor(PLAN, { ...NOTHING, mode: "alerts", pre: "5", post: "0" })).toMatchObject({ mode: "alerts", pre_roll_s: 5, post_roll_s: 0 });
  });

  it("deletes only where the days become fewer, and silences where recording ends", () => {
    const some = [camera("short", { retention_days: 8 }), camera("long", { retention_days: 60 }), camera("off", { mode: "off", retention_days: 10 })];
    expect(shortened(some, { ...NOTHING, days: "10" }).map((one) => one.id)).toEqual(["long"]);
    expect(silenced(some, { ...NOTHING, mode: "off" }).map((one) => one.id)).toEqual(["short", "long"]);
  });

  it.each([["6", true], ["7", false], ["3650", false], ["3651", true], ["7.5", true], ["x", true], ["", false]])("%s days: wrong %s", (days, isWrong) => {
    expect("days" in faultsOf({ ...NOTHING, days })).toBe(isWrong);
  });

  it("by the calendar needs hours, of its own or the same for all", () => {
    const some = [camera("1"), camera("2", { windows: SCHOOL_DAYS })];
    expect(lacksWindows(some, { ...NOTHING, mode: "calendar" }).map((one) => one.id)).toEqual(["1"]);
    expect(faultsOf({ ...NOTHING, mode: "calendar", windows: [] })).toEqual({ windows: "storage.form.noWindows" });
    expect(faultsOf({ ...NOTHING, mode: "calendar", windows: [{ days: [], from_minute: 0, to_minute: 9 }] })).toEqual({ windows: "storage.form.noWeekday" });
    expect(faultsOf({ ...NOTHING, mode: "alerts", pre: "121", post: "601" })).toEqual({ pre: "storage.form.badPre", post: "storage.form.badPost" });
  });
});
