import { expect, it } from "vitest";
import type { FragmentMessage } from "./messages";
import { RunTimeline } from "./runTimeline";

function fragment(run: string, seconds: number, capturedUs: number): FragmentMessage {
  return {
    type: "fragment", seq: 0, run, pts_90k: seconds * 90_000, duration_90k: 18_000,
    captured_us: capturedUs, received_us: capturedUs, is_idr: true,
  };
}

it("begins at 0 and puts the next run behind the first", () => {
  const timeline = new RunTimeline();
  expect(timeline.place(fragment("a", 1, 0)).isNewRun).toBe(true);
  expect(timeline.offset).toBe(-1);
  expect(timeline.place(fragment("a", 1.2, 200_000)).isNewRun).toBe(false);
  expect(timeline.place(fragment("b", 1, 9_000_000)).isNewRun).toBe(true);
  expect(timeline.offset).toBeCloseTo(-0.6);
  expect(timeline.newest).toBeCloseTo(0.6);
});

it("knows when a picture was taken, across runs", () => {
  const timeline = new RunTimeline();
  timeline.place(fragment("a", 1, 1_000_000));
  timeline.place(fragment("b", 1, 9_000_000));
  expect(timeline.capturedAt(0.04)).toBeCloseTo(1_040_000, -1);
  expect(timeline.capturedAt(0.24)).toBeCloseTo(9_040_000, -1);
  expect(timeline.capturedAt(-0.5)).toBeNull();
  expect(timeline.capturedAt(9)).toBeNull();
});
