import { describe, expect, it } from "vitest";
import { tabsOf } from "./tabs";

describe("the pages of managing", () => {
  it.each([
    [["admin"], null, ["rules", "silences", "notices", "duty", "accounts", "organisation", "import", "calendars", "public", "storage", "models"]],
    [["chief"], null, ["rules", "silences", "notices", "duty", "calendars", "storage", "models"]],
    [["sre"], null, ["notices", "organisation", "import", "storage", "models"]],
    [["chief"], ["demo"], ["rules", "silences", "notices", "duty"]],
    [["auditor"], null, ["notices"]],
    [["supervisor"], null, ["rules", "silences", "notices", "duty", "calendars"]],
    [["supervisor"], ["demo"], ["rules", "silences", "notices", "duty"]],
    [["admin"], ["demo"], ["rules", "silences", "notices", "duty"]],
    [["viewer"], null, ["rules", "silences", "notices", "calendars"]],
    [["school"], ["demo"], ["notices"]],
    [["guest"], ["demo"], ["notices"]],
    [["school", "supervisor"], null, ["rules", "silences", "notices", "duty", "calendars"]],
  ])("of %j about %j are %j", (roles, sites, expected) => {
    expect(tabsOf(roles, sites)).toEqual(expected);
  });
});
