import { expect, it } from "vitest";
import { inParallel } from "./inParallel";

it("works at some at a time, and one that fails takes nothing from the others", async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (number) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    if (number === 2) throw new Error("no second");
    return number * 10;
  });
  expect(most).toBe(3);
  expect(results.map((one) => (one.status === "fulfilled" ? one.value : null))).toEqual([10, null, 30, 40, 50, 60, 70]);
  expect(await inParallel([], 3, async () => 1)).toEqual([]);
});
