import { afterEach, describe, expect, it, vi } from "vitest";
import { columnsFor, firstDelayMs, pictureOf, refusal, spokenBy, viewOf } from "./pictures";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

const answered = (status: number, body: unknown = null, headers: Record<string, string> = {}) =>
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response(body === null ? null : JSON.stringify(body), { status, headers }))));

afterEach(() => vi.unstubAllGlobals());

describe("a public screen", () => {
  it("asks without a cookie", async () => {
    answered(200, { name: "x", state: "open", cameras: [], refresh_s: 1 });
    expect(await viewOf("pub_a/b")).toEqual({ name: "x", state: "open", cameras: [], refresh_s: 1 });
    expect(fetch).toHaveBeenCalledWith("/api/v1/public/pub_a%2Fb", expect.objectContaining({ credentials: "omit" }));
  });

  it.each([[404, "gone"], [422, "gone"], [429, "busy"], [503, "offline"]] as const)("that is answered %d is %s", async (status, closed) => {
    answered(status, {});
    expect(await viewOf("x")).toBe(closed);
  });

  it("takes no answer for a network that is away", async () => {
    vi.stubGlobal("fetch", vi.fn(() => Promise.reject(new TypeError("failed"))));
    expect(await viewOf("x")).toBe("offline");
    expect(await pictureOf("x", 1, "")).toEqual({ kind: "offline", againMs: 5000 });
  });

  it("shows a picture with the moment it was taken, and the same one not again", async () => {
    answered(200, "jpeg", { "X-Captured-Us": "1760000000500000", ETag: '"1"' });
    expect(await pictureOf("x", 2, "")).toMatchObject({ kind: "picture", takenMs: 1_760_000_000_500, etag: '"1"' });
    answered(304);
    expect(await pictureOf("x", 2, '"1"')).toEqual({ kind: "same" });
    expect(fetch).toHaveBeenCalledWith("/api/v1/public/x/pictures/2.jpg", expect.objectContaining({ headers: { "If-None-Match": '"1"' } }));
  });

  it.each([
    [503, "picture_preparing", 1, { kind: "preparing", againMs: 1000 }],
    [503, "picture_away", 5, { kind: "away", againMs: 5000 }],
    [503, "peer_away", 0, { kind: "away", againMs: 5000 }],
    [403, "screen_off", 0, { kind: "closed", againMs: 5000 }],
    [404, "no_such_link", 0, { kind: "closed", againMs: 5000 }],
    [404, "no_such_picture", 0, { kind: "away", againMs: 5000 }],
    [429, "too_many_requests", 4, { kind: "busy", againMs: 4000 }],
  ] as const)("that is refused %d %s asks again in its time", (status, code, retryS, expected) => {
    expect(refusal(status, code, retryS)).toEqual(expected);
  });

  it("spreads its questions, and its pictures on a wide screen", () => {
    expect([0, 1, 2, 3].map((at) => firstDelayMs(at, 4, 1000))).toEqual([0, 250, 500, 750]);
    expect([1, 2, 3, 4, 5, 9, 12].map(columnsFor)).toEqual([1, 2, 2, 2, 3, 3, 4]);
  });

  it.each([[["zh-TW", "en"], "zh-CN"], [["en-GB", "zh"], "en"], [["fr", "zh"], "zh-CN"], [["fr"], "en"], [[], "zh-CN"]] as const)("speaks to %j %s", (languages, spoken) => {
    expect(spokenBy(languages)).toBe(spoken);
  });

  it("has the same words in both languages", () => {
    const keys = (words: object): string[] => Object.entries(words).flatMap(([name, value]) => (typeof value === "string" ? [name] : keys(value as object).map((key) => `${name}.${key}`)));
    expect(keys(en)).toEqual(keys(zhCN));
  });
});
