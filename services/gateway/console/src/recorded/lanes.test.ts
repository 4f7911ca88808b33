import { describe, expect, it } from "vitest";
import type { Timeline } from "./api";
import { Lanes } from "./lanes";

const DAY = { fromMs: 0, toMs: 86_400_000 };
const NEXT = { fromMs: 86_400_000, toMs: 172_800_000 };
const timeline = { ranges: [], gaps: [] } as unknown as Timeline;

describe("a lane", () => {
  it("is not empty before it was read", () => {
    expect(new Lanes().of("a", DAY)).toEqual({ state: "loading", timeline: null, why: "" });
  });

  it("is of one camera and one day", () => {
    const lanes = new Lanes().read("a", DAY, timeline);
    expect(lanes.of("a", DAY).state).toBe("ready");
    expect(lanes.of("a", NEXT).state).toBe("loading");
    expect(lanes.of("b", DAY).state).toBe("loading");
  });

  it("says that it could not be read, and keeps what was read before", () => {
    expect(new Lanes().failed("a", DAY, "away").of("a", DAY)).toEqual({ state: "failed", timeline: null, why: "away" });
    const lanes = new Lanes().read("a", DAY, timeline).failed("a", DAY, "away");
    expect(lanes.of("a", DAY)).toEqual({ state: "failed", timeline, why: "away" });
    expect(lanes.read("a", DAY, timeline).of("a", DAY).state).toBe("ready");
  });
});
