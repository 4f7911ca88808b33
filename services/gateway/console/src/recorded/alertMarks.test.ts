import { describe, expect, it } from "vitest";
import type { Alert, Risk } from "@/alerts/inbox";
import { marksOf } from "./alertMarks";

const alert = (id: string, second: number, risk: Risk) => ({ id, risk, first_at: new Date(second * 1000).toISOString() }) as Alert;
const VIEW = { fromMs: 100_000, toMs: 200_000 };
const told = (alerts: Alert[], widthPx = 100) => marksOf(alerts, VIEW, widthPx, 10).map((one) => [one.atMs / 1000, one.risk, one.alerts.map((each) => each.id).join("")]);

describe("marks of alerts", () => {
  it("stand in the order of time, whatever order they came in", () => {
    expect(told([alert("b", 150, 3), alert("a", 120, 2)])).toEqual([[120, 2, "a"], [150, 3, "b"]]);
  });

  it("that would lie on each other are one, as grave as the gravest", () => {
    expect(told([alert("a", 120, 3), alert("b", 129, 1), alert("c", 131, 2)])).toEqual([[120, 1, "ab"], [131, 2, "c"]]);
  });

  it("part when one looks closer", () => {
    expect(told([alert("a", 120, 3), alert("b", 129, 1)], 1000)).toEqual([[120, 3, "a"], [129, 1, "b"]]);
  });

  it("outside the view are not drawn", () => {
    expect(told([alert("a", 99, 1), alert("b", 100, 2), alert("c", 200, 3)])).toEqual([[100, 2, "b"]]);
  });
});
