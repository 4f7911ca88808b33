import { expect, it } from "vitest";
import { calls } from "./alarm";

const NOW = Date.UTC(2026, 10, 24, 4, 0, 0);
const ALERT = { risk: 1 as const, is_silent: false, review: null, raised_at: new Date(NOW - 3000).toISOString() };

it.each<[string, object, boolean]>([
  ["class 1", {}, true],
  ["class 2", { risk: 2 }, false],
  ["silent", { is_silent: true }, false],
  ["judged meanwhile", { review: { verdict: "false", by: "li", at: "", note: "" } }, false],
  ["heard an hour late", { raised_at: new Date(NOW - 3_600_000).toISOString() }, false],
])("%s calls: %j", (_, change, isCalled) => expect(calls({ ...ALERT, ...change }, NOW)).toBe(isCalled));
