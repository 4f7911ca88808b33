/** A refusal is told in the reader's language, and in the server's words where there are no others. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { call, Problem } from "./client";

function refused(lang: string, code: string): Promise<string> {
  vi.stubGlobal("document", { documentElement: { lang } });
  const body = { type: "about:blank", title: "Not Found", status: 404, detail: "There is no case 'x'.", code };
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(body), { status: 404 })));
  return call("GET", "/cases/x").then(
    () => "",
    (error: unknown) => {
      expect(error).toBeInstanceOf(Problem);
      expect((error as Problem).detail).toBe(body.detail);
      return (error as Problem).message;
    },
  );
}

describe("a refusal", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is said in Chinese to who reads Chinese", async () => {
    expect(await refused("zh-CN", "no_such_case")).toBe("没有这个案件。");
  });
  it("is said in the server's English otherwise", async () => {
    expect(await refused("en", "no_such_case")).toBe("There is no case 'x'.");
  });
  it("is never silent for want of words", async () => {
    expect(await refused("zh-CN", "a_code_of_tomorrow")).toBe("There is no case 'x'.");
  });
});
