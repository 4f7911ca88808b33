import { expect, it } from "vitest";
import type { DrillSchedule } from "./api";
import { bodyOf, draftOf } from "./drillHours";

const kept = {
  site: "north", is_enabled: false, window: { days: [6, 7], start: "23:30", end: "01:00" }, time_zone: "Asia/Urumqi", level_dbfs: -20, changed_by: "li",
} as DrillSchedule;

it("a schedule goes through the form and comes out as it was", () => {
  const draft = draftOf(kept);
  expect(draft.hours).toEqual([{ days: [6, 7], from_minute: 23 * 60 + 30, to_minute: 60 }]);
  const { is_enabled, window, time_zone, level_dbfs } = kept;
  expect(bodyOf(draft)).toEqual({ is_enabled, window, time_zone, level_dbfs });
});

it("a new one is for a night, and one without a day is none", () => {
  const fresh = draftOf(null);
  expect(bodyOf(fresh)).toEqual({ is_enabled: true, window: { days: [7], start: "02:30", end: "04:00" }, time_zone: "Asia/Shanghai", level_dbfs: null });
  expect(bodyOf({ ...fresh, hours: [{ days: [], from_minute: 150, to_minute: 240 }] })).toBeNull();
  draftOf(null).hours[0]?.days.push(1);
  expect(draftOf(null).hours[0]?.days).toEqual([7]);
});
