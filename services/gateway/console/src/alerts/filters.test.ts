import { describe, expect, it } from "vitest";
import { askOf, filtersOf, queryOf } from "./filters";

const NOTHING = { site: "", rule: "", state: "", risk: "", from: "", to: "", cursor: "" } as const;

describe("filters", () => {
  it("come out of an address and go back into it", () => {
    const query = { site: "school-1", state: "false", risk: "2", from: "2026-11-01" };
    expect(queryOf(filtersOf(query))).toEqual(query);
  });

  it.each([[{ state: "perhaps" }], [{ risk: "7" }], [{ from: "yesterday" }], [{ site: ["a", "b"] }], [{}]])("leave nonsense out: %j", (query) => {
    expect(filtersOf(query)).toEqual(NOTHING);
  });

  it.each<[object, Record<string, string>]>([
    [{ state: "open" }, { verdict: "none" }],
    [{ state: "confirmed", risk: "1" }, { verdict: "confirmed", risk: "1" }],
    [{ state: "silent" }, { silent: "true" }],
    [{ state: "uncased", site: "school-1" }, { verdict: "confirmed", in_case: "false", site: "school-1" }],
    [{ cursor: "abc", rule: "no_hat" }, { cursor: "abc", rule: "no_hat" }],
    [{ from: "2026-11-30", to: "2026-11-30" }, { start: new Date(2026, 10, 30).toISOString(), end: new Date(2026, 11, 1).toISOString() }],
  ])("ask the gateway: %j", (said, asked) => {
    expect(Object.fromEntries(new URLSearchParams(askOf({ ...NOTHING, ...said }, 50)))).toEqual({ limit: "50", ...asked });
  });
});
