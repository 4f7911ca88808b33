import { describe, expect, it } from "vitest";
import type { Camera } from "@/api/client";
import type { Site, Stored } from "./api";
import { barOf, bytesWords, DAY_MS, inOrder, matching, siteRows, spanOf, totalsOf } from "./shape";

const NOW = Date.parse("2026-11-26T08:00:00Z");
const ago = (days: number) => new Date(NOW - days * DAY_MS).toISOString();
const site = (id: string, gigabytes: number | null = null): Site => ({ id, name: `学校 ${id}`, kind: "school", recordings_gb: gigabytes, unit: null });
const plan = (days: number, mode: Camera["recording"]["mode"] = "continuous") => ({ mode, stream: "main" as const, retention_days: days, pre_roll_s: 10, post_roll_s: 30, windows: [], time_zone: "Asia/Shanghai" });
const camera = (id: string, of: string, days = 30, mode: Camera["recording"]["mode"] = "continuous") => ({ id, site: of, name: `cam ${id}`, is_enabled: true, recording: plan(days, mode) }) as unknown as Camera;
const stored = (id: string, of: string, reach: number, more: Partial<Stored> = {}): Stored => ({
  camera: id, site: of, stream: "main", oldest: ago(reach), newest: ago(0), days_held: reach, retention_days: 30, segments: 100, size_bytes: 10e9, gaps: 0, gap_s: 0, holds: 0, cut_at: null, ...more,
});
const rowOf = (one: Camera, kept: Stored[]) => siteRows(kept, [one], [site("a")], NOW)[0]?.cameras[0];

describe("what is kept of a camera", () => {
  it.each([
    ["as long as wanted", stored("1", "a", 29.9), 30, "full"],
    ["a camera of last week", stored("1", "a", 6), 30, "filling"],
    ["deleted early for the limit", stored("1", "a", 12, { cut_at: ago(1) }), 30, "cut"],
    ["cut once, and full since", stored("1", "a", 30, { cut_at: ago(6) }), 30, "full"],
    ["nothing new for hours", stored("1", "a", 20, { newest: ago(0.2) }), 30, "stale"],
    ["longer, held", stored("1", "a", 60, { holds: 1 }), 30, "longer"],
    ["nothing at all", stored("1", "a", 0, { oldest: null, segments: 0, size_bytes: 0 }), 30, "none"],
  ])("%s", (_, kept, days, state) => {
    expect(rowOf(camera("1", "a", days), [kept])?.state).toBe(state);
  });

  it("is nothing to worry about where nothing is to be recorded, and no news where alerts alone are", () => {
    expect(rowOf(camera("1", "a", 30, "off"), [])?.state).toBe("off");
    expect(rowOf(camera("1", "a", 30, "off"), [stored("1", "a", 9, { newest: ago(3) })])?.state).toBe("off");
    expect(rowOf(camera("1", "a", 30, "alerts"), [stored("1", "a", 9, { newest: ago(3) })])?.state).toBe("filling");
  });

  it("counts both streams together", () => {
    const row = rowOf(camera("1", "a"), [stored("1", "a", 5, { gaps: 2, gap_s: 60 }), stored("1", "a", 9, { stream: "sub", gaps: null, gap_s: null, size_bytes: 1e9 })]);
    expect([row?.bytes, row?.gaps, row?.gapS, row?.reachDays]).toEqual([11e9, 2, 60, 9]);
  });
});

describe("schools", () => {
  const cameras = [camera("1", "a"), camera("2", "a", 15), camera("3", "b")];
  const kept = [stored("1", "a", 30, { size_bytes: 9e9 }), stored("2", "a", 4, { gaps: 7 }), stored("3", "b", 30, { size_bytes: 40e9 }), stored("gone", "a", 40, { size_bytes: 5e9 })];
  const rows = siteRows(kept, cameras, [site("a", 20), site("b"), site("empty")], NOW);

  it("count what a removed camera left, and leave out where there is nothing", () => {
    expect(rows.map((one) => [one.id, one.bytes, one.isOver])).toEqual([["a", 24e9, true], ["b", 40e9, false]]);
    expect(rows[0]?.cameras.map((one) => [one.id, one.state, one.plan === null])).toEqual([["1", "full", false], ["2", "filling", false], ["gone", "gone", true]]);
    expect(totalsOf(rows)).toEqual({ bytes: 64e9, cameras: 3, full: 2, troubled: 0, over: 1, gapS: 0 });
  });

  it.each([["name", ["a", "b"]], ["bytes", ["b", "a"]], ["trouble", ["a", "b"]], ["days", ["a", "b"]], ["gaps", ["a", "b"]]] as const)("by %s", (order, expected) => {
    expect(inOrder(rows, order, "zh-CN").map((one) => one.id)).toEqual(expected);
  });

  it("puts the fewest days of a school first", () => {
    expect(inOrder(rows, "days", "zh-CN")[0]?.cameras.map((one) => one.id)).toEqual(["2", "1", "gone"]);
  });

  it.each([
    [{ text: "", state: "" }, ["1", "2", "gone", "3"]], [{ text: "学校 B", state: "" }, ["3"]], [{ text: "cam 2", state: "" }, ["2"]], [{ text: "", state: "over" }, ["1", "2", "gone"]],
    [{ text: "", state: "filling" }, ["2"]], [{ text: "no such", state: "" }, []],
  ] as const)("found by %j", (wanted, expected) => {
    expect(matching(rows, wanted).flatMap((one) => one.cameras.map((row) => row.id))).toEqual(expected);
  });
});

describe("the picture", () => {
  it("fits all and has round marks", () => {
    const rows = siteRows([stored("1", "a", 40)], [camera("1", "a", 30)], [site("a")], NOW);
    expect(spanOf(rows)).toEqual({ days: 42, marks: [0, 7, 14, 21, 28, 35, 42] });
    expect(spanOf([])).toEqual({ days: 8, marks: [0, 2, 4, 6, 8] });
  });

  it("is not stretched by one camera whose evidence is years old", () => {
    expect(spanOf(siteRows([stored("1", "a", 2000)], [camera("1", "a", 30)], [site("a")], NOW)).days).toBe(90);
  });

  it("runs from long ago to now", () => {
    const row = rowOf(camera("1", "a", 20), [stored("1", "a", 10, { newest: ago(5) })]);
    expect(row && barOf(row, 40, NOW)).toEqual({ from: 0.75, to: 0.875, wanted: 0.5, isBeyond: false });
  });
});

it.each([[0, "0 B"], [999, "999 B"], [12_345, "12.3 kB"], [1.5e9, "1.5 GB"], [250e9, "250 GB"], [2.345e12, "2.35 TB"]])("%d bytes are %s", (bytes, words) => {
  expect(bytesWords(bytes, "en")).toBe(words);
});
