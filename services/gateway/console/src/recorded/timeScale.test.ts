import { describe, expect, it } from "vitest";
import { moved, ticks, zoomed, type View } from "./timeScale";

const DAY: View = { fromMs: 0, toMs: 86_400_000 };

describe("zoomed", () => {
  it("keeps the moment under the pointer where it is", () => {
    const view = zoomed(DAY, 0.5, 21_600_000, DAY);
    expect(view.toMs - view.fromMs).toBe(43_200_000);
    expect((21_600_000 - view.fromMs) / (view.toMs - view.fromMs)).toBeCloseTo(0.25);
  });
  it("ends at the day and at seconds", () => {
    expect(zoomed(DAY, 2, 1000, DAY)).toEqual(DAY);
    const near = zoomed({ fromMs: 0, toMs: 20_000 }, 0.1, 10_000, DAY);
    expect(near.toMs - near.fromMs).toBe(20_000);
  });
});

describe("moved", () => {
  it("stops at both ends of the day", () => {
    expect(moved({ fromMs: 1000, toMs: 2000 }, -5000, DAY)).toEqual({ fromMs: 0, toMs: 1000 });
    expect(moved({ fromMs: 1000, toMs: 2000 }, 90_000_000, DAY)).toEqual({ fromMs: 86_399_000, toMs: 86_400_000 });
  });
});

describe("ticks", () => {
  it.each([
    [DAY, 1200, 12],
    [{ fromMs: 0, toMs: 3_600_000 }, 600, 6],
    [{ fromMs: 0, toMs: 20_000 }, 400, 4],
  ])("are round and not too close", (view, width, atLeast) => {
    const marks = ticks(view, width, 80);
    expect(marks.length).toBeGreaterThanOrEqual(atLeast);
    for (let i = 1; i < marks.length; i += 1) {
      const apart = (((marks[i] ?? 0) - (marks[i - 1] ?? 0)) / (view.toMs - view.fromMs)) * width;
      expect(apart).toBeGreaterThanOrEqual(80);
    }
  });
});
