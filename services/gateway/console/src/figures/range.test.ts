import { describe, expect, it } from "vitest";
import { chosenOf, dayCount, daysOf, isDay, rangeOf, stepOf, stepsOf } from "./range";

const WEDNESDAY = new Date(2026, 10, 25, 14, 30);

describe("the days that are counted", () => {
  it.each([
    ["week", WEDNESDAY, "2026-11-23", "2026-11-25"],
    ["week", new Date(2026, 10, 29), "2026-11-23", "2026-11-29"],
    ["days30", WEDNESDAY, "2026-10-27", "2026-11-25"],
    ["term", WEDNESDAY, "2026-09-01", "2026-11-25"],
    ["term", new Date(2027, 0, 10), "2026-09-01", "2027-01-10"],
    ["term", new Date(2027, 7, 31), "2027-02-01", "2027-08-31"],
  ] as const)("%s on %s", (span, now, from, to) => {
    expect(daysOf(span, now)).toEqual({ from, to });
  });

  it("come out of an address", () => {
    const custom = { span: "custom", from: "2026-11-01", to: "2026-11-02" };
    expect(chosenOf(custom, WEDNESDAY)).toEqual({ span: "custom", days: { from: "2026-11-01", to: "2026-11-02" } });
  });

  it.each([[{ from: "2026-11-03", to: "2026-11-02" }], [{ from: "2026-13-01", to: "2026-11-02" }], [{ from: ["a"], to: "2026-11-02" }], [{}]])(
    "are the last 30 where that makes no sense: %j",
    (query) => {
      expect(chosenOf({ span: "custom", ...query }, WEDNESDAY).days).toEqual(daysOf("days30", WEDNESDAY));
    },
  );

  it("begin and end at midnight where the person is", () => {
    expect(rangeOf({ from: "2026-11-30", to: "2026-11-30" })).toEqual({ start: new Date(2026, 10, 30).toISOString(), end: new Date(2026, 11, 1).toISOString() });
  });

  it("are counted with both ends", () => {
    expect(dayCount({ from: "2026-10-27", to: "2026-11-25" })).toBe(30);
  });

  it("exist", () => {
    expect(isDay("2026-02-29")).toBe(false);
    expect(isDay("2028-02-29")).toBe(true);
  });
});

describe("steps of the time line", () => {
  it("are days, also those in which nothing was", () => {
    expect(stepsOf({ from: "2026-11-29", to: "2026-12-02" })).toEqual(["2026-11-29", "2026-11-30", "2026-12-01", "2026-12-02"]);
  });

  it("are weeks from Monday in a long range", () => {
    const days = { from: "2026-09-01", to: "2026-12-20" };
    expect(stepOf(days)).toBe("week");
    expect(stepsOf(days)[0]).toBe("2026-08-31");
    expect(stepsOf(days).at(-1)).toBe("2026-12-14");
  });
});
