import { describe, expect, it } from "vitest";
import { createI18n } from "vue-i18n";
import * as models from "@/models/words.en";
import * as modelsZh from "@/models/words.zh-CN";
import * as storage from "@/storage/words.en";
import * as storageZh from "@/storage/words.zh-CN";
import * as health from "./words.en";
import * as healthZh from "./words.zh-CN";

const zh = { storage: storageZh.zhCN, models: modelsZh.zhCN, health: healthZh.zhCN };
const en = { storage: storage.en, models: models.en, health: health.en };
const { t, locale: spoken } = createI18n({ legacy: false, locale: "zh-CN", messages: { "zh-CN": zh, en } }).global;

/** Names of everything that is said, with dots. */
function keysOf(words: object, above = ""): string[] {
  return Object.entries(words).flatMap(([name, value]) => (typeof value === "string" ? [above + name] : keysOf(value as object, `${above}${name}.`)));
}

describe("the words of storage, models and health", () => {
  it("are the same keys in both languages", () => {
    expect(keysOf(en)).toEqual(keysOf(zh));
  });

  it.each(["zh-CN", "en"])("can all be said in %s", (locale) => {
    spoken.value = locale as "zh-CN" | "en";
    for (const key of keysOf(zh)) {
      const words = t(key, { name: "x", n: "1", time: "x", why: "x" });
      expect(words, key).not.toBe("");
      expect(words, key).not.toBe(key);
    }
  });
});
