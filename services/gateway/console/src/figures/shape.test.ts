import { describe, expect, it } from "vitest";
import type { FigureRow } from "./api";
import { filled, lasted, percent, piecesOf, ranked, roundTop } from "./shape";

const row = (key: string, more: Partial<FigureRow> = {}): FigureRow => ({
  key, alerts: 0, confirmed: 0, false: 0, unclear: 0, unreviewed: 0, unseen: 0, orders: 0, corrected: 0, overdue: 0, answered_late: 0, ...more,
});

describe("shapes of figures", () => {
  it.each([[0, 1], [1, 1], [3, 5], [7, 10], [11, 20], [200, 200], [0.3, 0.5]])("an axis for %d ends at %d", (largest, top) => {
    expect(roundTop(largest)).toBeCloseTo(top, 9);
  });

  it("lay alerts end to end", () => {
    expect(piecesOf(row("a", { confirmed: 3, unreviewed: 2, unclear: 1 }))).toEqual([
      { part: "confirmed", from: 0, size: 3 }, { part: "unclear", from: 3, size: 1 }, { part: "unreviewed", from: 4, size: 2 },
    ]);
  });

  it("have a row for every day", () => {
    expect(filled([row("2026-11-02", { alerts: 4 })], ["2026-11-01", "2026-11-02"]).map((one) => one.alerts)).toEqual([0, 4]);
  });

  it("lose no day of a clock that is ahead", () => {
    const rows = filled([row("2026-11-26", { alerts: 2 })], ["2026-11-24", "2026-11-25"]);
    expect(rows.map((one) => [one.key, one.alerts])).toEqual([["2026-11-24", 0], ["2026-11-25", 0], ["2026-11-26", 2]]);
  });

  it("put the largest first and what cannot be divided last", () => {
    const rows = [row("a"), row("b", { false_alarm_rate: 0 }), row("c", { false_alarm_rate: 0.5 })];
    expect(ranked(rows, "false_alarm_rate").map((one) => one.key)).toEqual(["c", "b", "a"]);
  });

  it.each([[null, "—"], [0, "0%"], [0.034, "3.4%"], [0.5, "50%"], [1, "100%"]])("say %s as %s", (share, words) => {
    expect(percent(share)).toBe(words);
  });

  it.each([[null, "none", ""], [4.26, "s", "4.3"], [89, "s", "89"], [600, "min", "10"], [7200, "h", "2.0"], [259_200, "d", "3.0"]])("last %s: %s %s", (seconds, unit, n) => {
    expect(lasted(seconds)).toEqual({ unit, n });
  });
});
