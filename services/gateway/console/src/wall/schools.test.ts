import { describe, expect, it } from "vitest";
import { gridOf, schoolsOf, type School, type Seen } from "./schools";

function seen(conditions: string[], risks: (1 | 2 | 3)[] = []): Seen {
  return {
    sites: [{ id: "one", name: "One" }],
    cameras: [
      ...conditions.map((condition) => ({ site: "one", is_enabled: condition !== "disabled", state: { condition } })),
      { site: "other", is_enabled: true, state: { condition: "stalled" } },
    ],
    alerts: risks.map((risk) => ({ site: "one", risk })),
  };
}
const state = (...args: Parameters<typeof seen>) => schoolsOf(seen(...args))[0]!.state;

describe("how a school is", () => {
  it("says what somebody must look at first", () => {
    expect(state(["online", "online"])).toBe("online");
    expect(state(["online", "disabled"])).toBe("online");
    expect(state(["online", "refused"])).toBe("away");
    expect(state(["stalled", "connecting"])).toBe("dark");
    expect(state(["disabled"])).toBe("none");
    expect(state(["stalled"], [3])).toBe("alert");
  });

  it("counts", () => {
    expect(schoolsOf(seen(["online", "refused", "disabled"], [3, 2]))[0]).toMatchObject({ online: 1, all: 2, alerts: 2, risk: 2 });
  });
});

describe("the grid of schools", () => {
  const school = (id: number, how: Partial<School> = {}): School => ({
    id: String(id), name: String(id), state: "online", online: 1, all: 1, alerts: 0, risk: null, ...how,
  });

  it("keeps places where all fit", () => {
    const schools = [school(1), school(2, { state: "alert", risk: 1 }), school(3)];
    expect(gridOf(schools)).toMatchObject({ columns: 2, rows: 2, shown: schools, rest: [] });
    expect(gridOf(Array.from({ length: 31 }, (_, id) => school(id)))).toMatchObject({ columns: 5, rows: 7, rest: [] });
  });

  it("shows the troubled ones first where not all fit, and counts the others", () => {
    const schools = Array.from({ length: 50 }, (_, id) => school(id));
    schools[40] = school(40, { state: "away" });
    schools[45] = school(45, { state: "alert", risk: 2, alerts: 1 });
    schools[46] = school(46, { state: "alert", risk: 1, alerts: 1 });
    const grid = gridOf(schools);
    expect(grid.shown.slice(0, 3).map((one) => one.id)).toEqual(["46", "45", "40"]);
    expect(grid.shown).toHaveLength(35);
    expect(grid.rest).toEqual([{ state: "online", n: 15 }]);
  });
});
