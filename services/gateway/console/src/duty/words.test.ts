import { describe, expect, it } from "vitest";
import { createI18n } from "vue-i18n";
import * as account from "@/account/words.en";
import * as accountZh from "@/account/words.zh-CN";
import * as duty from "./words.en";
import * as dutyZh from "./words.zh-CN";

const zh = { duty: dutyZh.zhCN, account: accountZh.zhCN, refusal: { ...dutyZh.refusalZh, ...accountZh.refusalZh } };
const en = { duty: duty.en, account: account.en, refusal: { ...duty.refusalEn, ...account.refusalEn } };
const { t, locale: spoken } = createI18n({ legacy: false, locale: "zh-CN", messages: { "zh-CN": zh, en } }).global;

/** Names of everything that is said, with dots. */
function keysOf(words: object, above = ""): string[] {
  return Object.entries(words).flatMap(([name, value]) => (typeof value === "string" ? [above + name] : keysOf(value as object, `${above}${name}.`)));
}

describe("the words of duty and of one's own account", () => {
  it("are the same keys in both languages", () => {
    expect(keysOf(en)).toEqual(keysOf(zh));
  });

  it.each(["zh-CN", "en"])("can all be said in %s", (locale) => {
    spoken.value = locale as "zh-CN" | "en";
    for (const key of keysOf(zh)) {
      const words = t(key, { name: "x", n: "1", time: "x", who: "x", unit: "x" });
      expect(words, key).not.toBe("");
      expect(words, key).not.toBe(key);
    }
  });
});
