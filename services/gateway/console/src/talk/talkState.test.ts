import { describe, expect, it } from "vitest";
import { BEGIN, isOpenMouthed, next, shown, wanted, type TalkEvent, type TalkFacts, type TalkStatus } from "./talkState";

const STATUS: TalkStatus = {
  talk: "one.0123456789abcdef", camera: "cooking", priority: "routine", state: "ready", ending: null, detail: "", holder: null,
  codec: "pcmu", is_heard: null, packets: 0, lost: 0, delay_ms: 0,
};
const told = (change: Partial<TalkStatus>): TalkEvent => ({ kind: "told", status: { ...STATUS, ...change } });
const held = (isHeld: boolean): TalkEvent => ({ kind: "held", isHeld });
const READY: TalkEvent[] = [{ kind: "microphone" }, { kind: "connection", isUp: true }, told({})];

function after(...events: TalkEvent[]): TalkFacts {
  return events.reduce(next, BEGIN);
}

describe("a talk", () => {
  it.each<[string, TalkEvent[], object]>([
    ["asks for the microphone first", [], { phase: "opening", step: "microphone" }],
    ["then the network", [{ kind: "microphone" }], { phase: "opening", step: "network" }],
    ["then the camera", [...READY.slice(0, 2), told({ state: "preparing" })], { phase: "opening", step: "camera" }],
    ["is ready", READY, { phase: "ready" }],
    ["is not ready while the browser is cut off", [...READY, { kind: "connection", isUp: false }], { phase: "opening", step: "network" }],
    ["is pressed before the intercom says so", [...READY, held(true)], { phase: "pressing" }],
    ["speaks", [...READY, held(true), told({ state: "talking" })], { phase: "speaking" }],
    ["is heard where the camera says so", [...READY, held(true), told({ state: "talking", is_heard: true })], { phase: "heard" }],
    ["is not called unheard at once", [...READY, held(true), told({ state: "talking", is_heard: false, packets: 20 })], { phase: "speaking" }],
    [
      "is unheard after three seconds of this press",
      [...READY, held(true), told({ state: "talking", packets: 900 }), told({ state: "talking", is_heard: false, packets: 1051 })],
      { phase: "unheard" },
    ],
    ["names who has the floor", [...READY, told({ holder: "li" })], { phase: "busy", holder: "li", isLost: false, place: null }],
    ["says the place in the queue", [...READY, held(true), told({ state: "waiting", holder: "li", queue_position: 2 })], { phase: "busy", holder: "li", isLost: false, place: 2 }],
    [
      "says that the floor was taken away",
      [...READY, held(true), told({ state: "talking" }), told({ holder: "wang" })],
      { phase: "busy", holder: "wang", isLost: true, place: null },
    ],
    ["ends with a reason", [...READY, told({ state: "ended", ending: "idle", detail: "why" })], { phase: "failed", code: "idle", detail: "why" }],
  ])("%s", (_, events, expected) => {
    expect(shown(after(...events))).toEqual(expected);
  });

  it.each<[string, TalkEvent[], boolean | null]>([
    ["nothing before it is ready", [{ kind: "microphone" }, held(true)], null],
    ["nothing while the camera is prepared", [...READY.slice(0, 2), told({ state: "preparing" }), held(true)], null],
    ["a press", [...READY, held(true)], true],
    ["no second press", [...READY, held(true), told({ state: "talking" })], null],
    ["a release", [...READY, held(true), told({ state: "talking" }), held(false)], false],
    ["a release where the press was answered too late", [...READY, held(true), held(false), told({ state: "talking" })], false],
    ["a press although somebody speaks: it may be more urgent", [...READY, told({ holder: "li" }), held(true)], true],
    ["no press again after it was refused", [...READY, held(true), told({ holder: "li" }), { kind: "refused" }], null],
    ["a press when the floor is free again", [...READY, held(true), told({ holder: "li" }), { kind: "refused" }, told({})], true],
    ["a new press after a refused one", [...READY, held(true), told({ holder: "li" }), { kind: "refused" }, held(false), held(true)], true],
    ["a place in line behind who took the floor", [...READY, held(true), told({ state: "talking" }), told({ holder: "wang" })], true],
    ["nothing while it waits", [...READY, held(true), told({ state: "waiting", holder: "li" })], null],
    ["an end of waiting", [...READY, held(true), told({ state: "waiting", holder: "li" }), held(false)], false],
    ["nothing after it failed", [...READY, held(true), { kind: "failed", failure: { code: "offline", detail: "" } }], null],
  ])("asks for %s", (_, events, expected) => {
    expect(wanted(after(...events))).toBe(expected);
  });

  it.each<[string, TalkEvent[], boolean]>([
    ["closed while nobody presses", READY, false],
    ["open while it is held", [...READY, held(true)], true],
    ["closed while somebody else speaks", [...READY, held(true), told({ holder: "li" }), { kind: "refused" }], false],
    ["closed after the end", [...READY, held(true), told({ state: "ended", ending: "time_limit" })], false],
  ])("has the mouth %s", (_, events, expected) => {
    expect(isOpenMouthed(after(...events))).toBe(expected);
  });

  it("stays failed for its first reason", () => {
    const facts = after(...READY, { kind: "failed", failure: { code: "offline", detail: "" } }, told({ state: "ended", ending: "browser_gone" }));
    expect(shown(facts)).toMatchObject({ code: "offline" });
  });

  it("forgets that the floor was lost when it is free and let go of", () => {
    const lost = after(...READY, held(true), told({ state: "talking" }), told({ holder: "wang" }), held(false), told({}));
    expect(shown(next(lost, told({ holder: "li" })))).toEqual({ phase: "busy", holder: "li", isLost: false, place: null });
  });
});
