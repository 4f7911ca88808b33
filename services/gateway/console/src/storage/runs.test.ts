import { describe, expect, it } from "vitest";
import type { Trial } from "./api";
import { AT_ONCE as CHANGED_AT_ONCE, countOf, due, run, stepsFor, type Work } from "./applyRun";
import { growthOf } from "./growth";
import type { CameraRow, SiteRow } from "./shape";
import { AT_ONCE, NOTHING, ofLimit, tryAll, withTrial } from "./trial";

const item = (camera: string, bytes: number, held = 0) => ({ camera, stream: "main", segments: 2, size_bytes: bytes, start: "2026-01-01T00:00:00Z", end: "2026-01-05T00:00:00Z", held_segments: held, held_bytes: held * 10 });
const trial = (...items: Trial["items"]): Trial => ({ before: "2026-01-09T00:00:00Z", items });

describe("a trial", () => {
  it("is put together, both streams of a camera as one", () => {
    const loss = withTrial(withTrial(NOTHING, trial(item("1", 100), item("2", 50, 3))), trial({ ...item("1", 7), stream: "sub", start: "2025-12-01T00:00:00Z" }));
    expect([loss.bytes, loss.segments, loss.heldSegments, loss.heldBytes]).toEqual([157, 6, 3, 30]);
    expect(loss.cameras.map((one) => [one.id, one.bytes])).toEqual([["1", 107], ["2", 50]]);
    expect([loss.fromMs, loss.toMs]).toEqual([Date.parse("2025-12-01T00:00:00Z"), Date.parse("2026-01-05T00:00:00Z")]);
  });

  it("asks for some cameras at a time, and tells how far it is", async () => {
    const asked: [number, number][] = [];
    const told: number[] = [];
    const days = new Map([...Array.from({ length: AT_ONCE + 3 }, (_, at) => [`c${at}`, 7] as const), ["other", 15] as const]);
    const loss = await tryAll(days, async (cameras, wanted) => { asked.push([cameras.length, wanted]); return trial(...cameras.map((id) => item(id, 1))); }, (done) => told.push(done));
    expect(asked).toEqual([[AT_ONCE, 7], [3, 7], [1, 15]]);
    expect(told).toEqual([AT_ONCE, AT_ONCE + 3, AT_ONCE + 4]);
    expect(loss.bytes).toBe(AT_ONCE + 4);
  });

  it("of a limit takes the oldest, and never what must stay", () => {
    const loss = withTrial(NOTHING, trial(item("1", 30)));
    expect(ofLimit(100, 90, loss)).toEqual({ goesBytes: 10, staysOverBytes: 0 });
    expect(ofLimit(100, 20, loss)).toEqual({ goesBytes: 30, staysOverBytes: 50 });
    expect(ofLimit(100, 200, loss)).toEqual({ goesBytes: 0, staysOverBytes: 0 });
  });
});

describe("a change of many", () => {
  class Refused extends Error {}
  const work = (change: Work["change"], more: Partial<Work> = {}): Work => ({ change, wordsOf: (error) => (error instanceof Refused ? error.message : null), waitOf: () => null, pause: async () => undefined, ...more });

  it("goes on behind those that fail, names them, and tries them alone again", async () => {
    const steps = stepsFor(["1", "2", "3", "4", "5"].map((id) => ({ id, name: `camera ${id}` })));
    let isBroken = true;
    const asked: string[] = [];
    const change = async (id: string) => {
      asked.push(id);
      if (id === "2" && isBroken) throw new Refused("no sub stream");
      return id !== "3";
    };
    await run(steps, false, work(change));
    expect(steps.map((step) => step.became)).toEqual(["done", "failed", "unchanged", "done", "done"]);
    expect(steps[1]?.why).toBe("no sub stream");
    expect(countOf(steps)).toEqual({ waiting: 0, running: 0, done: 3, unchanged: 1, failed: 1 });
    expect(due(steps, true).map((step) => step.id)).toEqual(["2"]);
    isBroken = false;
    asked.length = 0;
    await run(steps, true, work(change));
    expect(asked).toEqual(["2"]);
    expect([steps[1]?.became, steps[1]?.why]).toEqual(["done", ""]);
  });

  it("has no more than some on their way", async () => {
    let [now, most] = [0, 0];
    const steps = stepsFor(Array.from({ length: 20 }, (_, at) => ({ id: String(at), name: "" })));
    await run(steps, false, work(async () => { most = Math.max(most, ++now); await Promise.resolve(); now -= 1; return true; }));
    expect(most).toBe(CHANGED_AT_ONCE);
  });

  it("waits where the server asks it to, and not for ever", async () => {
    const paused: number[] = [];
    const steps = stepsFor([{ id: "1", name: "" }]);
    const busy = work(async () => { throw new Refused("too often"); }, { waitOf: () => 2, pause: async (ms) => void paused.push(ms) });
    await run(steps, false, busy);
    expect(paused).toEqual([2000, 2000, 2000, 2000]);
    expect(steps[0]?.why).toBe("too often");
  });

  it("hides no fault of ours", async () => {
    const broken = work(async () => { throw new TypeError("ours"); });
    await expect(run(stepsFor([{ id: "1", name: "" }]), false, broken)).rejects.toThrow("ours");
  });
});

describe("what it comes to", () => {
  const row = (id: string, held: number, bytes: number, wantedDays = 30) => ({ id, bytes, wantedDays, oldestMs: 0, newestMs: held * 86_400_000, plan: { mode: "continuous" } }) as unknown as CameraRow;
  const sites = [{ id: "a", name: "A", limitBytes: 100, cameras: [row("1", 10, 20), row("2", 5, 10, 10)] }, { id: "b", name: "B", limitBytes: null, cameras: [row("3", 10, 20)] }] as unknown as SiteRow[];

  it("is so many days at the rate so far, beside what the others of the school come to", () => {
    expect(growthOf(sites, new Set(["1", "3"]), 60)).toEqual({ nowBytes: 40, thenBytes: 240, over: [{ id: "a", name: "A", thenBytes: 140, limitBytes: 100 }] });
    expect(growthOf(sites, new Set(["1"]), 30)?.over).toEqual([]);
  });

  it("is not told where too little is there to tell", () => {
    expect(growthOf([{ ...sites[1], cameras: [row("3", 0.1, 20)] } as unknown as SiteRow], new Set(["3"]), 30)).toBeNull();
    expect(growthOf(sites, new Set(), 30)).toBeNull();
  });
});
