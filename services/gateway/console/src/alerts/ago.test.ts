import { expect, it } from "vitest";
import { agoOf } from "./ago";

it.each([
  [-5, "now", 0], [0, "now", 0], [12, "seconds", 12], [59.9, "seconds", 59], [60, "minutes", 1], [3599, "minutes", 59],
  [3600, "hours", 1], [30 * 3600, "hours", 30], [48 * 3600, "days", 2],
])("%d s ago", (seconds, key, n) => {
  expect(agoOf(1_000_000_000 - seconds * 1000, 1_000_000_000)).toEqual({ key, n });
});
