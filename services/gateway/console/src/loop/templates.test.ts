import { createI18n } from "vue-i18n";
import { describe, expect, it } from "vitest";
import { filled, type Subject, type Words } from "./templates";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

const i18n = createI18n({ legacy: false, locale: "zh-CN", messages: { "zh-CN": { loop: zhCN }, en: { loop: en } } });
const words = (language: "zh-CN" | "en"): Words => ({
  language,
  t: (key, named) => i18n.global.t(key, named ?? {}, { locale: language }),
  te: (key) => i18n.global.te(key, language),
  moment: (ms) => new Date(ms).toISOString(),
});
const subject: Subject = { kind: "opinion", rule: "no_mask", title: "", site: "二小", camera: "烹饪", seenMs: 0 };

/** Every key of one language, with the names that go into it. */
function shape(node: unknown, path = ""): string[] {
  if (typeof node === "string") return [`${path} ${[...node.matchAll(/\{(\w+)\}/g)].map((each) => each[1]).sort().join()}`];
  return Object.entries(node as object).flatMap(([key, value]) => shape(value, `${path}.${key}`));
}

describe("the text that an order begins with", () => {
  it("says what, where, when and what is demanded", () => {
    const made = filled(subject, [words("zh-CN")]);
    expect(made.title).toBe("未戴口罩整改");
    expect(made.text).toContain("烹饪摄像机拍到二小未戴口罩");
    expect(made.text).toContain("规范佩戴口罩");
  });

  it("has both languages, one after the other", () => {
    const made = filled(subject, [words("zh-CN"), words("en")]);
    expect(made.title).toBe("未戴口罩整改 / Correct: No mask");
    expect(made.text.split("\n\n")).toHaveLength(2);
  });

  it("takes a person's own words where no rule is", () => {
    const made = filled({ ...subject, rule: "", title: "Open bins", camera: "", seenMs: null }, [words("en")]);
    expect(made.title).toBe("Correct: Open bins");
    expect(made.text).toContain("At 二小 the following was found: Open bins.");
    expect(made.text).not.toContain("{");
  });

  it.each(["opinion", "instruction", "enforcement"] as const)("knows the kind %s", (kind) => {
    expect(filled({ ...subject, kind }, [words("en")]).text).not.toContain("loop.");
  });
});

it("both languages have the same keys and the same names in them", () => {
  expect(shape(en)).toEqual(shape(zhCN));
});
