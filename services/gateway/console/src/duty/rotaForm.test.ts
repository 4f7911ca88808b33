import { describe, expect, it } from "vitest";
import type { Rota } from "./api";
import { rotaBody, rotaDraft, withoutPast, wrongRota } from "./rotaForm";

const ROTA: Rota = {
  id: "bureau", title: "值班", time_zone: "Asia/Shanghai",
  shifts: [{ window: { days: [1, 2], from_minute: 1080, to_minute: 480 }, people: ["wang"] }],
  exceptions: [{ start: "2026-11-26T02:00:00Z", end: "2026-11-27T02:00:00Z", people: [] }],
};

describe("a rota in a form", () => {
  it("comes out as it went in", () => {
    const body = rotaBody(rotaDraft(ROTA));
    expect(body).toEqual({
      title: "值班", time_zone: "Asia/Shanghai", shifts: ROTA.shifts,
      exceptions: [{ start: "2026-11-26T02:00:00.000Z", end: "2026-11-27T02:00:00.000Z", people: [] }],
    });
  });

  it("shows exceptions on its own clock, and moves them with it", () => {
    const draft = rotaDraft(ROTA);
    expect(draft.exceptions[0]?.start).toBe("2026-11-26T10:00");
    draft.timeZone = "UTC";
    expect(rotaBody(draft).exceptions?.[0]?.start).toBe("2026-11-26T10:00:00.000Z");
  });

  it("says which row is wrong, and how", () => {
    expect(wrongRota(rotaDraft(ROTA))).toEqual({});
    const draft = rotaDraft(ROTA);
    draft.title = " ";
    draft.timeZone = "Mars/Olympus";
    draft.shifts = [
      { days: [], from_minute: 0, to_minute: 60, people: ["li"] },
      { days: [1], from_minute: 60, to_minute: 60, people: ["li"] },
      { days: [1], from_minute: 0, to_minute: 60, people: [] },
    ];
    draft.exceptions = [{ start: "2026-11-26T10:00", end: "2026-11-26T10:00", people: [] }, { start: "", end: "", people: [] }];
    expect(wrongRota(draft)).toEqual({
      title: "needTitle", time_zone: "badZone", "shifts.0": "needDays", "shifts.1": "sameTime", "shifts.2": "needPeople", "exceptions.0": "endFirst", "exceptions.1": "needTimes",
    });
  });

  it("is new with a usual week, and nobody in it yet", () => {
    const draft = rotaDraft(null);
    expect(draft.shifts[0]?.days).toEqual([1, 2, 3, 4, 5]);
    expect(wrongRota(draft)).toEqual({ title: "needTitle", "shifts.0": "needPeople" });
  });

  it("drops exceptions that are over", () => {
    const draft = rotaDraft(ROTA);
    expect(withoutPast(draft, Date.UTC(2026, 10, 27, 1))).toHaveLength(1);
    expect(withoutPast(draft, Date.UTC(2026, 10, 27, 3))).toHaveLength(0);
  });
});
