import { describe, expect, it } from "vitest";
import { bySchoolsInTurn, Rotation } from "./rotation";

const DWELL_MS = 15_000;
const shown = (rotation: Rotation) => rotation.places.map((place) => place.shown);
const opened = (rotation: Rotation) => rotation.places.flatMap((place) => [place.shown, place.next]).filter((one) => one !== null);

function wall(cameras: string[]): Rotation {
  const rotation = new Rotation(3, DWELL_MS, 0);
  rotation.see(cameras);
  rotation.tick(0);
  return rotation;
}

/** Every half second; every camera that is opened plays at once, but for those that never do. */
function run(rotation: Rotation, fromMs: number, untilMs: number, broken: string[] = []): number {
  let most = 0;
  for (let nowMs = fromMs; nowMs <= untilMs; nowMs += 500) {
    for (const camera of opened(rotation)) rotation.tell(camera, !broken.includes(camera));
    rotation.tick(nowMs);
    most = Math.max(most, opened(rotation).length);
  }
  return most;
}

describe("the rotation of the wall", () => {
  it("shows the first three at once", () => {
    expect(shown(wall(["a", "b", "c", "d"]))).toEqual(["a", "b", "c"]);
  });

  it("opens the next one before the old one is dropped, and never more than four", () => {
    const rotation = wall(["a", "b", "c", "d", "e"]);
    const most = run(rotation, 500, 200_000);
    expect(most).toBe(4);
    expect(shown(rotation)).not.toContain(null);
  });

  it("keeps the old picture until the next one moves", () => {
    const rotation = wall(["a", "b", "c", "d"]);
    rotation.tick(1000);
    expect(rotation.places.filter((place) => place.next === "d")).toHaveLength(1);
    rotation.tick(6000);
    expect(shown(rotation)).toEqual(["a", "b", "c"]);
    rotation.tell("d", true);
    rotation.tick(6500);
    expect(shown(rotation)).toContain("d");
  });

  it("shows every camera, the longest unseen first", () => {
    const cameras = ["a", "b", "c", "d", "e", "f", "g"];
    const rotation = wall(cameras);
    const seen = new Set<string>();
    for (let nowMs = 0; nowMs <= 40_000; nowMs += 500) {
      run(rotation, nowMs, nowMs);
      for (const one of shown(rotation)) if (one !== null) seen.add(one);
    }
    expect([...seen].sort()).toEqual(cameras);
  });

  it("gives one up that does not come, and takes another", () => {
    const rotation = wall(["a", "b", "c", "broken", "e"]);
    run(rotation, 500, 45_000, ["broken"]);
    expect(rotation.places.some((place) => place.shown === "broken")).toBe(false);
    run(rotation, 45_500, 90_000, ["broken"]);
    expect(shown(rotation)).not.toContain(null);
  });

  it("replaces a camera that was lost without waiting for the dwell", () => {
    const rotation = wall(["a", "b", "c", "d"]);
    run(rotation, 500, 10_000);
    const gone = shown(rotation)[0]!;
    rotation.see(["a", "b", "c", "d", "e"].filter((one) => one !== gone));
    run(rotation, 10_500, 12_000);
    expect(shown(rotation)).not.toContain(gone);
  });

  it("stands still where there is nothing else to show", () => {
    const rotation = wall(["a", "b"]);
    expect(run(rotation, 500, 100_000)).toBe(2);
    expect(shown(rotation)).toEqual(["a", "b", null]);
  });

  it("takes schools in turn", () => {
    const cameras = ["1a", "1b", "1c", "2a", "3a", "3b"].map((id) => ({ id, site: id[0]! }));
    expect(bySchoolsInTurn(cameras)).toEqual(["1a", "2a", "3a", "1b", "3b", "1c"]);
  });
});
