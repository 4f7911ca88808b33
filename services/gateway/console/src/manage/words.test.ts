import { describe, expect, it } from "vitest";
import { createI18n } from "vue-i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

const { t, locale: spoken } = createI18n({ legacy: false, locale: "zh-CN", messages: { "zh-CN": { manage: zhCN }, en: { manage: en } } }).global;

/** Names of everything that is said, with dots. */
function keysOf(words: object, above = "manage"): string[] {
  return Object.entries(words).flatMap(([name, value]) => (typeof value === "string" ? [`${above}.${name}`] : keysOf(value as object, `${above}.${name}`)));
}

describe("the words of managing", () => {
  it("are the same keys in both languages", () => {
    expect(keysOf(en)).toEqual(keysOf(zhCN));
  });

  it.each(["zh-CN", "en"])("can all be said in %s", (locale) => {
    spoken.value = locale as "zh-CN" | "en";
    for (const key of keysOf(zhCN)) {
      const words = t(key, { days: "1" });
      expect(words, key).not.toBe("");
      expect(words, key).not.toBe(key);
    }
    expect(t("manage.notices.addressHint.mail")).toBe("name@example.org");
  });
});
