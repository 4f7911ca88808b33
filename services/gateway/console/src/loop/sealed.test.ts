import { expect, it } from "vitest";
import type { Case } from "./api";
import { reasonsOf, sideOf } from "./sealed";

const found = (orders: number) => ({ id: "c1", orders: Array.from({ length: orders }, (_, index) => ({ id: `o${index + 1}` })) }) as unknown as Case;

it("asks for what people sealed of a case, and for what was sealed of each of its orders", () => {
  expect(reasonsOf(found(2))).toEqual(["c1 ", "order o2:", "order o1:"]);
  expect(reasonsOf(found(0))).toEqual(["c1 "]);
});

it("asks for no more than the server takes, the newest orders first", () => {
  const reasons = reasonsOf(found(150));
  expect([reasons.length, reasons[1], reasons[99]]).toEqual([100, "order o150:", "order o52:"]);
});

it("tells which side of a look a file shows", () => {
  expect(sideOf("order o1: the picture before the correction (the machine says passed)")).toBe("before");
  expect(sideOf("order o1: the picture after the correction (the machine says failed)")).toBe("after");
  expect(sideOf("c1 order o1: the picture after the correction")).toBeNull();
});
