import { describe, expect, it } from "vitest";
import { BAND_S, PaceKeeper, RESERVE_S } from "./pace";

const DECODING_S = 0.004;

/** A camera's pictures: 25 a second, an IDR every two seconds; when each is there and how long it takes to decode. */
interface Picture {
  from: number;
  at: number;
  decoding: number;
}

function pictures(seconds: number, idr: { late: number; decoding: number }): Picture[] {
  return Array.from({ length: seconds * 25 }, (_, i) => {
    const isIdr = i % 50 === 0;
    return { from: i / 25, at: i / 25 + (isIdr ? idr.late : 0), decoding: isIdr ? idr.decoding : DECODING_S };
  });
}

/** As ingest groups them: the IDR by itself, then by fives. */
function grouped(all: Picture[]): Picture[][] {
  const fragments: Picture[][] = [];
  for (const [i, picture] of all.entries()) {
    const last = fragments[fragments.length - 1];
    if (i % 50 <= 1 || last === undefined || last.length === 5) fragments.push([picture]);
    else last.push(picture);
  }
  return fragments;
}

interface Played {
  /** Per picture: how long it was ready before its turn, seconds; below 0 the screen stood still for it. */
  ready: number[];
  /** Media time a look: how far behind the newest capture the picture was, seconds. */
  delay: number[];
  rates: Set<number>;
}

/** Plays fragments by the clock, looking every 50 ms, from `behind` seconds; what is counted begins at `settled`. */
function play(fragments: Picture[][], behind: number, settled: number): Played {
  const pace = new PaceKeeper();
  const played: Played = { ready: [], delay: [], rates: new Set() };
  const coming = [...fragments];
  const shown: Picture[] = [];
  const readyAt = new Map<Picture, number>();
  let position = -behind;
  let rate = 1;
  let end = 0.001;
  const seconds = fragments[fragments.length - 1]![0]!.from;
  for (let ms = 0; ms < seconds * 1000; ms += 1) {
    const now = ms / 1000;
    while (coming[0] !== undefined && coming[0][coming[0].length - 1]!.at <= now) {
      const fragment = coming.shift()!;
      end = fragment[fragment.length - 1]!.from + 0.04;
      pace.arrived(ms, fragment[0]!.from, end, position);
      let decoder = now;
      for (const picture of fragment) {
        decoder += picture.decoding;
        readyAt.set(picture, decoder);
        shown.push(picture);
      }
    }
    position = Math.min(end, position + rate / 1000);
    while (shown[0] !== undefined && shown[0].from <= position && readyAt.get(shown[0])! <= now) {
      const picture = shown.shift()!;
      pace.decoded(picture.from, picture.decoding);
      if (now > settled) played.ready.push(now - (position - picture.from) - readyAt.get(picture)!);
    }
    if (ms % 50 !== 0) continue;
    const decided = pace.decide(ms, position, -10, end);
    if ("seekTo" in decided) throw new Error("jumped");
    rate = decided.rate;
    if (now > settled) {
      played.delay.push(now - position);
      played.rates.add(rate);
    }
  }
  return played;
}

describe("PaceKeeper", () => {
  it.each([
    [0.02, 1],
    [0.06, 1.05],
    [0.1, 1.2],
    [0.28, 1.4],
    [1, 2],
    [0.005, 0.95],
    [-0.01, 0.92],
  ])("before anything came, with %s s to play, plays at %s", (behind, rate) => {
    expect(new PaceKeeper().decide(0, 10 - behind, 0, 10)).toEqual({ rate });
  });

  it("counts what came late, also between two looks", () => {
    const pace = new PaceKeeper();
    pace.arrived(1000, 9.8, 10, 9.795); // at 1 s the picture of 9.8 s came, 5 ms before its turn
    expect(pace.decide(1020, 9.815, 0, 10)).toEqual({ rate: 0.92 });
    pace.arrived(1500, 10.3, 10.5, 10.2);
    expect(pace.decide(1501, 10.24, 0, 10.5)).toEqual({ rate: 1.05 });
  });

  it("gives an IDR the time it takes, not the mean picture", () => {
    const easy = play(pictures(40, { late: 0, decoding: DECODING_S }).map((one) => [one]), 0.1, 20);
    const hard = play(pictures(40, { late: 0.012, decoding: 0.022 }).map((one) => [one]), 0.1, 20);
    for (const played of [easy, hard]) {
      expect(Math.min(...played.ready)).toBeGreaterThan(RESERVE_S + BAND_S[0] - 0.006);
      expect(Math.min(...played.ready)).toBeLessThan(RESERVE_S + BAND_S[1] + 0.006);
    }
    expect(Math.max(...easy.delay)).toBeLessThan(0.07);
    expect(Math.max(...hard.delay)).toBeLessThan(0.1);
  });

  it("waits for no IDR where it comes before the pictures after it", () => {
    const { ready, delay } = play(grouped(pictures(40, { late: 0.012, decoding: 0.05 })), 0.3, 20);
    expect(Math.min(...ready)).toBeGreaterThan(RESERVE_S + BAND_S[0] - 0.006);
    expect(Math.max(...delay)).toBeLessThan(0.16 + RESERVE_S + BAND_S[1] + 0.012);
  });

  it.each([0.01, 0.2, 0.6, 2.5])("comes to rest from %s s behind", (behind) => {
    const { ready, rates } = play(grouped(pictures(90, { late: 0.005, decoding: 0.02 })), behind, 80);
    expect(Math.min(...ready)).toBeGreaterThan(RESERVE_S + BAND_S[0] - 0.006);
    expect([...rates].every((rate) => rate >= 0.95 && rate <= 1.05)).toBe(true);
  });

  it("lets what was held up set no pace", () => {
    const all = pictures(40, { late: 0, decoding: DECODING_S });
    for (const one of all) if (one.from >= 20 && one.from < 21) one.at = 21; // a second without a picture, then all
    const { delay } = play(all.map((one) => [one]), 0.1, 23);
    expect(Math.max(...delay)).toBeLessThan(0.15);
  });

  it.each([[false], [true]])("follows when everything comes later from now on (groups: %s)", (isGrouped) => {
    const all = pictures(40, { late: 0.005, decoding: 0.02 });
    for (const one of all) if (one.from >= 20) one.at += 0.3;
    const fragments = isGrouped ? grouped(all) : all.map((one) => [one]);
    const { ready, delay } = play(fragments, 0.3, 22.5);
    expect(Math.min(...ready)).toBeGreaterThan(0); // nothing stands still while what came before still counts
    expect(Math.min(...play(fragments, 0.3, 27).ready)).toBeGreaterThan(RESERVE_S + BAND_S[0] - 0.006);
    expect(Math.max(...delay)).toBeLessThan(0.3 + (isGrouped ? 0.24 : 0.12));
  });

  it("waits little longer for groups, which are late enough", () => {
    const all = pictures(40, { late: 0, decoding: DECODING_S });
    for (const [i, one] of all.entries()) if (i % 50 === 25) one.at += 0.039; // the fifth of a group
    const { delay } = play(grouped(all), 0.3, 20);
    expect(Math.max(...delay)).toBeGreaterThan(0.21);
    expect(Math.max(...delay)).toBeLessThan(0.16 + 0.02 + RESERVE_S + BAND_S[1] + 0.005);
  });

  it("keeps more where pictures come too late for the screen, and less again where they do not", () => {
    const pace = new PaceKeeper();
    const rateAt = (ms: number, behind: number) => pace.decide(ms, 10 - behind, 0, 10);
    pace.drops(0, 7); // before it had caught up
    expect(rateAt(0, 0.03)).toEqual({ rate: 1 });
    pace.drops(1000, 8);
    expect(rateAt(1000, 0.03)).toEqual({ rate: 1 });
    pace.drops(1100, 9); // at once again: the same trouble
    pace.drops(2000, 10);
    expect(rateAt(2000, 0.03)).toEqual({ rate: 0.95 });
    expect(rateAt(3000, 0.055)).toEqual({ rate: 1 });
    for (let ms = 4000; ms < 9000; ms += 1000) pace.drops(ms, 10 + ms / 1000);
    expect(rateAt(9000, 0.13)).toEqual({ rate: 1.2 }); // never out of what is allowed
    expect(rateAt(10_000, 0.08)).toEqual({ rate: 1.05 });
    expect(rateAt(11_000, 0.045)).toEqual({ rate: 1 });
    for (let ms = 70_000; ms < 300_000; ms += 1000) pace.drops(ms, 18);
    expect(rateAt(300_000, 0.045)).toEqual({ rate: 1.05 });
  });

  it("does so with a picture a fragment alone", () => {
    const pace = new PaceKeeper();
    pace.drops(0, 0);
    for (let ms = 1000; ms < 9000; ms += 1000) pace.drops(ms, ms / 1000);
    pace.arrived(9000, 9.76, 9.96, 9.72);
    pace.arrived(9200, 9.96, 10.16, 9.92);
    expect(pace.decide(9200, 9.96 - 0.04, 0, 10.16)).toEqual({ rate: 1 });
  });

  it("jumps only when far behind or before what is buffered", () => {
    expect(new PaceKeeper().decide(0, 5, 0, 10)).toEqual({ seekTo: 9.9 });
    expect(new PaceKeeper().decide(0, 7.5, 8, 10)).toEqual({ seekTo: 9.9 });
    expect(new PaceKeeper().decide(0, 7.5, 9.95, 10)).toEqual({ seekTo: 9.95 });
  });
});
