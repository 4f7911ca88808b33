import { describe, expect, it } from "vitest";
import { localInput } from "./hours";
import { blankScreen, draftOf, screenBody, wrongWith } from "./publicScreenForm";

const NOW = Date.parse("2026-03-02T12:00:00Z");
const DAY_MS = 86_400_000;
const GOOD = { ...blankScreen(NOW), name: "二小食堂", cameras: ["cook-1"] };

describe("a public screen", () => {
  it("needs a name, cameras and an end within a year", () => {
    expect(wrongWith(blankScreen(NOW), NOW)).toEqual({ name: "needName", cameras: "needCameras" });
    expect(wrongWith(GOOD, NOW)).toEqual({});
    expect(wrongWith({ ...GOOD, end: "" }, NOW)).toEqual({ ends_at: "needEnd" });
    expect(wrongWith({ ...GOOD, end: localInput(NOW - DAY_MS) }, NOW)).toEqual({ ends_at: "needEnd" });
    expect(wrongWith({ ...GOOD, end: localInput(NOW + 400 * DAY_MS) }, NOW)).toEqual({ ends_at: "needEnd" });
    expect(wrongWith({ ...GOOD, cameras: Array.from({ length: 13 }, String) }, NOW)).toEqual({ cameras: "tooMany" });
    expect(wrongWith({ ...GOOD, hours: [{ days: [], from_minute: 0, to_minute: 60 }] }, NOW)).toEqual({ hours: "needDays" });
  });

  it("comes back as it was sent", () => {
    const draft = { ...GOOD, hours: [{ days: [1, 2], from_minute: 390, to_minute: 780 }] };
    const body = screenBody(draft);
    expect(body.hours).toEqual([{ days: [1, 2], start: "06:30", end: "13:00" }]);
    expect(draftOf({ ...body, ends_at: body.ends_at ?? "" })).toEqual(draft);
  });
});
