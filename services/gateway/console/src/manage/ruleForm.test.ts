import { describe, expect, it } from "vitest";
import type { Rule } from "./api";
import { changesOf, copyOf, draftOf, ruleOf, titleOf, wrongIn } from "./ruleForm";

const RULE: Rule = {
  rule: "no_hat", version: 3, title: { "zh-CN": "未戴厨师帽", en: "No hat" }, is_enabled: true,
  watched: { kind: "attribute_absent", name: "headwear", is_advisory_enough: false },
  where: { sites: ["demo"], units: ["east"], site_kinds: [], purposes: ["processing"], cameras: ["cook-1"], zones: ["cooking"] },
  when: ["preparing"], condition: { broken: 3, looked: 5, seconds: 2, score: 0.5, height: 0.2, needs_usable_picture: false },
  risk: 2, deadline_h: null, tell: ["supervisors"], warns_kitchen: false, announcement: null, over_after_s: 60, reopen_s: 600, folds: "camera",
};

describe("a rule in a form", () => {
  it("comes back as it was, with what the form does not show", () => {
    expect(ruleOf(draftOf(RULE), RULE)).toEqual(RULE);
  });

  it("becomes a rule of its own", () => {
    const copy = copyOf(RULE, { id: " no_hat_primary ", zhCN: "小学未戴厨师帽", en: "" });
    const title = { "zh-CN": "小学未戴厨师帽", en: "小学未戴厨师帽" };
    expect(copy).toEqual({ ...RULE, rule: "no_hat_primary", version: 1, title });
  });

  it("takes what was changed", () => {
    const draft = { ...draftOf(RULE), risk: 1 as const, warnsKitchen: true, deadlineH: "24", announcement: " 请戴好帽子 ", broken: "4" };
    const made = ruleOf(draft, RULE);
    expect(made).toMatchObject({ risk: 1, warns_kitchen: true, deadline_h: 24, announcement: "请戴好帽子", version: 3 });
    expect(made.condition).toEqual({ ...RULE.condition, broken: 4 });
    expect(changesOf(made, RULE).sort()).toEqual(["announcement", "condition", "deadline_h", "risk", "warns_kitchen"]);
  });

  it("warns a kitchen of class 1 alone", () => {
    expect(ruleOf({ ...draftOf(RULE), warnsKitchen: true }, RULE).warns_kitchen).toBe(false);
  });

  it.each([
    [{ broken: "6" }, { "condition.broken": "brokenOver" }],
    [{ broken: "" }, { "condition.broken": "numbers" }],
    [{ looked: "2.5" }, { "condition.looked": "numbers" }],
    [{ score: "1.1" }, { "condition.score": "numbers" }],
    [{ deadlineH: "soon" }, { deadline_h: "numbers" }],
    [{ overAfterS: "0" }, { over_after_s: "numbers" }],
    [{ deadlineH: "" }, {}],
  ])("finds what is wrong with %j", (change, expected) => {
    expect(wrongIn({ ...draftOf(RULE), ...change })).toEqual(expected);
  });

  it("has a name in any language", () => {
    expect(titleOf(RULE.title, "en", "x")).toBe("No hat");
    expect(titleOf({ en: "Mouse" }, "zh-CN", "x")).toBe("Mouse");
    expect(titleOf({}, "en", "x")).toBe("x");
  });
});
