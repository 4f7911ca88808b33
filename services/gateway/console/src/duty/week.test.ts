import { describe, expect, it } from "vitest";
import { clockThere, inputThere, isZone, localOf, momentOfInput, momentThere, nowOf, piecesOf, weekOf } from "./week";

const SHANGHAI = "Asia/Shanghai";
// Thursday 2026-11-26, 10:00 in Shanghai.
const NOW = Date.UTC(2026, 10, 26, 2);
const HOUR = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();

describe("the week of a rota", () => {
  it("begins on Monday at midnight there, whatever clock this machine has", () => {
    const week = weekOf(NOW, SHANGHAI);
    expect(week).toHaveLength(7);
    expect(iso(week[0]?.fromMs ?? 0)).toBe("2026-11-22T16:00:00.000Z");
    expect(week.every((day, at) => at === 0 || day.fromMs === week[at - 1]?.toMs)).toBe(true);
    expect(iso(weekOf(NOW, SHANGHAI, 1)[0]?.fromMs ?? 0)).toBe("2026-11-29T16:00:00.000Z");
    const monday = Date.UTC(2026, 10, 22, 16);
    expect(weekOf(monday, SHANGHAI)[0]?.fromMs).toBe(monday);
    expect(weekOf(monday - 1, SHANGHAI)[6]?.toMs).toBe(monday);
  });

  it("has a day of 23 hours where the clocks go on, and one of 25", () => {
    const hours = (ms: number) => weekOf(ms, "Europe/Berlin").map((day) => (day.toMs - day.fromMs) / HOUR);
    expect(hours(Date.UTC(2026, 2, 28))).toEqual([24, 24, 24, 24, 24, 24, 23]);
    expect(hours(Date.UTC(2026, 9, 24))).toEqual([24, 24, 24, 24, 24, 24, 25]);
  });

  it("shows of each span what lies in the day", () => {
    const day = weekOf(NOW, SHANGHAI)[3];
    if (day === undefined) throw new Error("no Thursday");
    const spans = [
      { start: iso(day.fromMs - 4 * HOUR), end: iso(day.fromMs + 6 * HOUR), people: ["wang"] },
      { start: iso(day.fromMs + 6 * HOUR), end: iso(day.toMs), people: [] },
      { start: iso(day.toMs), end: iso(day.toMs + HOUR), people: ["li"] },
    ];
    const pieces = piecesOf(spans, day);
    expect(pieces.map(({ people, left, width }) => ({ people, left, width }))).toEqual([
      { people: ["wang"], left: 0, width: 25 },
      { people: [], left: 25, width: 75 },
    ]);
    expect(pieces.map((piece) => `${clockThere(piece.fromMs, SHANGHAI, day)}–${clockThere(piece.toMs, SHANGHAI, day)}`)).toEqual(["00:00–06:00", "06:00–24:00"]);
  });

  it("reads and writes moments on its clock", () => {
    expect(inputThere(NOW, SHANGHAI)).toBe("2026-11-26T10:00");
    expect(momentOfInput("2026-11-26T10:00", SHANGHAI)).toBe(NOW);
    expect(momentOfInput("", SHANGHAI)).toBe(null);
    for (const zone of [SHANGHAI, "America/New_York", "Asia/Kolkata", "UTC"]) {
      const { year, month, day, minute } = localOf(NOW, zone);
      expect(momentThere(year, month, day, minute, zone)).toBe(NOW);
    }
    expect([isZone(SHANGHAI), isZone("Mars/Olympus")]).toEqual([true, false]);
  });

  it("says who is on duty, until when, and who comes then", () => {
    const spans = [
      { start: iso(NOW - HOUR), end: iso(NOW + HOUR), people: ["li"] },
      { start: iso(NOW + HOUR), end: iso(NOW + 2 * HOUR), people: ["wang"] },
    ];
    expect(nowOf(spans, NOW)).toEqual({ people: ["li"], untilMs: NOW + HOUR, next: ["wang"] });
    expect(nowOf(spans, NOW + HOUR)).toEqual({ people: ["wang"], untilMs: null, next: [] });
    expect(nowOf(spans, NOW - 2 * HOUR)).toBe(null);
  });
});
