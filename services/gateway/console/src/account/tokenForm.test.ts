import { describe, expect, it } from "vitest";
import { dayOf, lastDay, newToken, tokenDraft, verbsFor, wrongToken } from "./tokenForm";

const NOW = new Date(2026, 10, 26, 9, 30).getTime();

describe("a token for a program", () => {
  it("may be given what one may do, but what only people do", () => {
    expect(verbsFor(["stay_logged_in", "manage_self", "be_told", "view", "playback"])).toEqual(["view", "playback"]);
  });

  it("needs a name, something to do, a day within a year and the password", () => {
    expect(wrongToken({ ...tokenDraft(NOW), endsOn: "" }, NOW)).toEqual({ name: "needName", verbs: "needVerb", ends_at: "needEnd", password: "needPassword" });
    const good = { ...tokenDraft(NOW), name: "wall", verbs: ["view" as const], password: "x" };
    expect(wrongToken(good, NOW)).toEqual({});
    expect(wrongToken({ ...good, endsOn: dayOf(NOW) }, NOW)).toEqual({});
    for (const endsOn of ["2026-11-25", "2028-01-01", "soon"]) expect(wrongToken({ ...good, endsOn }, NOW)).toEqual({ ends_at: "needEnd" });
  });

  it("ends with its day, within what the server takes", () => {
    const made = newToken({ name: " wall ", verbs: ["view"], sites: [], endsOn: lastDay(NOW), password: "x" });
    expect(made).toMatchObject({ name: "wall", sites: null });
    expect(new Date(made.ends_at).getHours()).toBe(23);
    expect(Date.parse(made.ends_at) - NOW).toBeLessThan(366 * 86_400_000);
    expect(newToken({ ...tokenDraft(NOW), sites: ["demo"] }).sites).toEqual(["demo"]);
  });
});
