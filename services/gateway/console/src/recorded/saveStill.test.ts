/** A picture that cannot be saved says why as everything else does: in the reader's language, also without a network. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { Offline, Problem } from "@/api/client";
import { saveStill } from "./api";

type Asked = { url: string; init: RequestInit };

function answering(answer: () => Promise<Response>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("document", { documentElement: { lang: "zh-CN" } });
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push({ url, init });
    return answer();
  });
  return asked;
}

const failed = (): Promise<unknown> => saveStill("cook-1", 0).then(() => null, (error: unknown) => error);

describe("a picture that is not saved", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is refused in Chinese to who reads Chinese", async () => {
    const body = { type: "about:blank", title: "Not Found", status: 404, detail: "Nothing was recorded then.", code: "nothing_recorded" };
    answering(() => Promise.resolve(new Response(JSON.stringify(body), { status: 404 })));
    const error = await failed();
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).message).toMatch(/[\u4e00-\u9fff]/);
  });
  it("says that there is no network, and does not wait for ever", async () => {
    const asked = answering(() => Promise.reject(new TypeError("Failed to fetch")));
    expect(await failed()).toBeInstanceOf(Offline);
    expect(asked[0]?.url).toBe("/api/v1/snapshots");
    expect(asked[0]?.init.signal).toBeInstanceOf(AbortSignal);
  });
});
