import { describe, expect, it } from "vitest";
import { momentAt, placeOf, stretchAround, type Piece } from "./wallClock";

const BEGAN = 1_700_000_000_000;
// 0-2 s and 2-4 s without a hole, then a gap of 60 s, then 4-6 s.
const PIECES: Piece[] = [
  { start: 0, duration: 2, atMs: BEGAN },
  { start: 2, duration: 2, atMs: BEGAN + 2000 },
  { start: 4, duration: 2, atMs: BEGAN + 64_000 },
];

describe("momentAt", () => {
  it.each([
    [0, 0],
    [1.5, 1500],
    [3.9, 3900],
    [4, 64_000],
    [5.5, 65_500],
    [9, 66_000],
  ])("at %d s it was %d ms after the begin", (seconds, ms) => {
    expect(momentAt(PIECES, seconds)).toBeCloseTo(BEGAN + ms, 3);
  });
  it("knows nothing before anything is loaded", () => expect(momentAt([], 3)).toBeNull());
});

describe("placeOf", () => {
  it.each([
    [0, 0],
    [3900, 3.9],
    [4000, 4],
    [30_000, 4],
    [64_500, 4.5],
    [-5000, 0],
  ])("%d ms after the begin is at %d s", (ms, seconds) => {
    expect(placeOf(PIECES, BEGAN + ms)).toBeCloseTo(seconds, 6);
  });
  it("is nowhere behind the end", () => expect(placeOf(PIECES, BEGAN + 70_000)).toBeNull());
});

describe("stretchAround", () => {
  it("has an end where it is over, and none where it is not", () => {
    const then = Date.UTC(2026, 10, 24, 8, 5);
    expect(stretchAround(then, then + 86_400_000)).toEqual({
      fromMs: Date.UTC(2026, 10, 24, 8, 0),
      toMs: Date.UTC(2026, 10, 24, 8, 30),
    });
    expect(stretchAround(then, then + 60_000).toMs).toBeNull();
  });
});
