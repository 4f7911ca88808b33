import { describe, expect, it } from "vitest";
import { accountsOf, askedOf, faultsOf, newDraft, type Draft, type Fault } from "./draft";

const NOW = new Date(2026, 10, 30, 9);

function draft(more: Partial<Draft> = {}): Draft {
  return { ...newDraft(NOW, "li"), title: "秋季", departments: [{ department: "教育局", account: "li", commitment: "" }], ...more };
}

describe("a draw", () => {
  it("can be called as it is offered, once it has a name and a department", () => {
    expect(faultsOf(draft(), NOW)).toEqual([]);
    expect(draft().commitUntil).toBe("2026-12-01T18:00");
  });

  it.each<[Fault, Partial<Draft>]>([
    ["title", { title: "  " }],
    ["count", { count: 0 }],
    ["count", { count: 2.5 }],
    ["weights", { riskWeights: [4, 0, 1] }],
    ["bands", { bands: [{ from_days: 1, weight: 1 }] }],
    ["bands", { bands: [{ from_days: 0, weight: 1 }, { from_days: 0, weight: 2 }] }],
    ["departments", { departments: [] }],
    ["departments", { departments: [{ department: "a", account: "x", commitment: "" }, { department: "a", account: "y", commitment: "" }] }],
    ["commitment", { departments: [{ department: "a", account: "x", commitment: "abc" }] }],
    ["supervisors", { supervisors: " ， " }],
    ["times", { revealUntil: "2026-12-01T17:00" }],
    ["times", { commitUntil: "2026-11-30T08:00" }],
    ["times", { lookUntil: "" }],
  ])("is held back for its %s: %j", (fault, more) => {
    expect(faultsOf(draft(more), NOW)).toEqual([fault]);
  });

  it("takes names as people separate them, each once", () => {
    expect(accountsOf("Li，wang、 zhao;li\nsun")).toEqual(["li", "wang", "zhao", "sun"]);
  });

  it("says no commitment where none was given with the call", () => {
    const asked = askedOf(draft({ supervisors: "li, wang" }));
    expect(asked.departments).toEqual([{ department: "教育局", account: "li", commitment: null }]);
    expect(asked.supervisors).toEqual(["li", "wang"]);
    expect(asked.commit_until).toBe(new Date(2026, 11, 1, 18).toISOString());
  });
});
