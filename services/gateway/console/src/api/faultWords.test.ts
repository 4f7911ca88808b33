/** What is wrong with a field is told in the reader's language, and in the server's words where there are no others. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { call, Problem } from "./client";

const OURS = { field: "main.url", code: "scheme_unknown", facts: { scheme: "ftp" }, problem: "The scheme 'ftp' is unknown.", change: "Use another." };
const SHORT = { field: "password", code: "string_too_short", facts: { min_length: 10 }, problem: "Too short.", change: "Make it longer." };

async function fieldsOf(lang: string, ...errors: object[]): Promise<Record<string, string>> {
  vi.stubGlobal("document", { documentElement: { lang } });
  const body = { type: "about:blank", title: "Unprocessable Content", status: 422, detail: "Wrong.", code: "invalid_fields", errors };
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(body), { status: 422 })));
  const error: unknown = await call("POST", "/cameras", {}).catch((refused: unknown) => refused);
  if (!(error instanceof Problem)) throw new Error("it was not refused");
  return error.fields;
}

describe("what is wrong with a field", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is said in Chinese with its facts to who reads Chinese", async () => {
    const found = await fieldsOf("zh-CN", OURS, SHORT);
    expect(found["main.url"]).toMatch(/^摄像机不能使用“ftp”，/);
    expect(found["password"]).toBe("至少 10 个字符。");
  });
  it("is said in the server's English otherwise", async () => {
    expect(await fieldsOf("en", OURS, SHORT)).toEqual({ "main.url": "The scheme 'ftp' is unknown. Use another.", password: "Too short. Make it longer." });
  });
  it("is never silent: not for a code without words", async () => {
    expect(await fieldsOf("zh-CN", { ...OURS, code: "of_tomorrow" })).toEqual({ "main.url": "The scheme 'ftp' is unknown. Use another." });
  });
  it("nor for a fact that is missing", async () => {
    for (const facts of [{}, { other: 1 }, undefined]) {
      expect(await fieldsOf("zh-CN", { ...SHORT, facts })).toEqual({ password: "Too short. Make it longer." });
    }
  });
  it("nor for what an object happens to have", async () => {
    expect(await fieldsOf("zh-CN", { ...OURS, code: "constructor" })).toEqual({ "main.url": "The scheme 'ftp' is unknown. Use another." });
  });
  it("puts a fact in as it is, whatever stands in it", async () => {
    const found = await fieldsOf("zh-CN", { ...OURS, facts: { scheme: "$&{scheme}<b>" } });
    expect(found["main.url"]).toContain("“$&{scheme}<b>”");
  });
  it("says of a row why it was refused, in the same language", async () => {
    const row = { field: "row", code: "row_refused", facts: { refusal: "site_exists", detail: "There is one." }, problem: "There is one.", change: "Send it again." };
    expect((await fieldsOf("zh-CN", row))["row"]).toBe("该行没有导入：已有这个编号的学校，请换一个编号。请重新导入同一文件。");
    const newer = { ...row, facts: { ...row.facts, refusal: "of_tomorrow" } };
    expect((await fieldsOf("zh-CN", newer))["row"]).toBe("该行没有导入：There is one.请重新导入同一文件。");
  });
});
