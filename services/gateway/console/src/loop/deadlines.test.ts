import { describe, expect, it } from "vitest";
import { leftUntil, leftWords, localInput, momentWords } from "./deadlines";

const DUE = Date.parse("2026-11-30T02:20:00Z");
const MIN = 60_000;

describe("what is left", () => {
  it.each([
    [DUE - 3 * 1440 * MIN - 125 * MIN, { isLate: false, unit: "days", a: 3, b: 2 }],
    [DUE - 1440 * MIN, { isLate: false, unit: "days", a: 1, b: 0 }],
    [DUE - 1439 * MIN, { isLate: false, unit: "hours", a: 23, b: 59 }],
    [DUE - 60 * MIN, { isLate: false, unit: "hours", a: 1, b: 0 }],
    [DUE - 59 * MIN - 59_000, { isLate: false, unit: "minutes", a: 59, b: 0 }],
    [DUE - 30_000, { isLate: false, unit: "moment", a: 0, b: 0 }],
    [DUE, { isLate: true, unit: "moment", a: 0, b: 0 }],
    [DUE + 61 * MIN, { isLate: true, unit: "hours", a: 1, b: 1 }],
    [DUE + 5 * 1440 * MIN, { isLate: true, unit: "days", a: 5, b: 0 }],
  ])("at %d", (now, left) => expect(leftUntil(DUE, now)).toEqual(left));

  it("is said with the words of its side", () => {
    const say = (key: string, named: Record<string, unknown>) => `${key} ${JSON.stringify(named)}`;
    expect(leftWords(DUE, DUE - 90 * MIN, say)).toBe('loop.due.left.hours {"a":1,"b":30}');
    expect(leftWords(DUE, DUE + 90 * MIN, say)).toBe('loop.due.late.hours {"a":1,"b":30}');
  });
});

it("a moment carries its weekday", () => {
  expect(momentWords(DUE, "zh-CN")).toMatch(/周|星期/);
  expect(momentWords(DUE, "en")).toMatch(/Mon|Sun/);
});

it("an input gives back the minute that it was given", () => {
  expect(new Date(localInput(DUE)).getTime()).toBe(DUE);
});
