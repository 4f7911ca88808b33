import { describe, expect, it } from "vitest";
import { tabsOf } from "./tabs";

describe("the pages of managing", () => {
  it.each([
    [["admin"], null, ["rules", "silences", "notices", "accounts", "organisation", "import", "calendars", "public"]],
    [["sre"], null, ["notices", "organisation", "import"]],
    [["auditor"], null, ["notices"]],
    [["supervisor"], null, ["rules", "silences", "notices", "calendars"]],
    [["supervisor"], ["demo"], ["rules", "silences", "notices"]],
    [["admin"], ["demo"], ["rules", "silences", "notices"]],
    [["school"], ["demo"], ["notices"]],
    [["guest"], ["demo"], ["notices"]],
    [["school", "supervisor"], null, ["rules", "silences", "notices", "calendars"]],
  ])("of %j about %j are %j", (roles, sites, expected) => {
    expect(tabsOf(roles, sites)).toEqual(expected);
  });
});
