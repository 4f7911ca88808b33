import { describe, expect, it } from "vitest";
import type { Rule } from "./api";
import { needsNights } from "./nights";

const rule = (kind: Rule["watched"]["kind"], when: Rule["when"] = [], isEnabled = true) => ({ is_enabled: isEnabled, watched: { kind, name: null, is_advisory_enough: false }, when });

describe("rules of the night", () => {
  it("are those of small movers, and those that count only while it is closed", () => {
    expect(needsNights(rule("small_mover"))).toBe(true);
    expect(needsNights(rule("person", ["closed"]))).toBe(true);
    expect(needsNights(rule("person", ["closed", "cleaning"]))).toBe(false);
    expect(needsNights(rule("attribute_absent", ["open"]))).toBe(false);
    expect(needsNights(rule("offline"))).toBe(false);
  });

  it("are not, while they are off", () => {
    expect(needsNights(rule("small_mover", [], false))).toBe(false);
  });
});
