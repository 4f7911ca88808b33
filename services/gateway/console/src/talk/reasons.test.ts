import { describe, expect, it } from "vitest";
import { Offline, Problem } from "@/api/client";
import { ofGateway, ofMicrophone } from "./reasons";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";
import type { Ending } from "./talkState";

const hasWordsFor = (code: string) => Object.hasOwn(zhCN.why, code);
const problem = (status: number, code: string) => new Problem(status, "title", "detail", {}, null, code);

describe("reasons", () => {
  it.each([
    ["NotAllowedError", "microphone_denied"],
    ["NotFoundError", "no_microphone"],
    ["OverconstrainedError", "no_microphone"],
    ["NotReadableError", "microphone_busy"],
    ["TypeError", "microphone_failed"],
  ])("%s of getUserMedia is %s", (name, code) => {
    expect(ofMicrophone(new DOMException("no", name)).code).toBe(code);
  });

  it.each<[string, unknown, string]>([
    ["no network", new Offline("offline"), "offline"],
    ["a camera that refuses", problem(503, "camera_refused"), "camera_refused"],
    ["a camera without a speaker", problem(409, "no_backchannel"), "no_backchannel"],
    ["an intercom that is away", problem(503, "peer_away"), "unavailable"],
    ["a talk that is gone", problem(404, "no_such_talk"), "talk_lost"],
    ["a viewer", problem(403, "not_allowed"), "not_allowed"],
    ["an ended login", problem(401, "token_expired"), "login_ended"],
    ["a code that nobody knows", problem(400, "new_kind"), "failed"],
    ["our own mistake", new TypeError("x"), "failed"],
  ])("%s has words", (_, error, code) => {
    expect(ofGateway(error, hasWordsFor).code).toBe(code);
  });

  it("keeps what the server said for whoever repairs it", () => {
    expect(ofGateway(problem(400, "new_kind"), hasWordsFor).detail).toBe("detail");
  });
});

describe("words", () => {
  // The compiler compares this list with the API: an ending that is added there is missed here.
  const endings: Record<Ending, true> = {
    hung_up: true, browser_gone: true, browser_silent: true, ice_failed: true, no_backchannel: true, camera_refused: true,
    camera_unreachable: true, camera_gone: true, preempted: true, no_longer_allowed: true, time_limit: true, idle: true, draining: true,
    codec: true, camera_busy: true, floor_taken: true, unavailable: true,
  };

  it.each(Object.keys(endings))("tell of %s, and what to do next", (ending) => {
    for (const words of [zhCN, en]) {
      expect(Object.keys(words.why)).toContain(ending);
      expect(Object.keys(words.next)).toContain(ending);
    }
  });

  it("say for every reason what to do, in both languages", () => {
    const codes = Object.keys(zhCN.why).sort();
    for (const words of [zhCN, en]) {
      expect(Object.keys(words.next).sort()).toEqual(codes);
      expect(Object.keys(words.why).sort()).toEqual(codes);
    }
  });
});
