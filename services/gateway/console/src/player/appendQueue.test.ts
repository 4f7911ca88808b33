import { expect, it } from "vitest";
import { AppendQueue, joined } from "./appendQueue";

const bytes = (...values: number[]) => new Uint8Array(values);

it("joins what waits of one run, never two runs", () => {
  const queue = new AppendQueue();
  queue.push(bytes(1), { offset: 0, mime: "m" });
  queue.push(bytes(2, 3), null);
  queue.push(bytes(4), { offset: 5, mime: "m" });
  const first = queue.take()!;
  expect([...joined(first.bytes, first.size)]).toEqual([1, 2, 3]);
  expect(queue.take()!.run).toEqual({ offset: 5, mime: "m" });
  expect(queue.take()).toBeNull();
});

it("gives one fragment at a time, the first with what its run needs", () => {
  const queue = new AppendQueue();
  queue.push(bytes(1), { offset: 0, mime: "m" });
  queue.push(bytes(2, 3), null);
  queue.push(bytes(4), null);
  expect(queue.takeOne()).toEqual({ bytes: [bytes(1)], size: 1, run: { offset: 0, mime: "m" } });
  expect(queue.takeOne()).toEqual({ bytes: [bytes(2, 3)], size: 2, run: null });
  expect(queue.take()).toEqual({ bytes: [bytes(4)], size: 1, run: null });
  expect(queue.takeOne()).toBeNull();
  const large = new Uint8Array(20 * 1024 * 1024);
  expect([queue.push(large, null), queue.push(large, null)]).toEqual([true, false]);
});

it("says when too much waits", () => {
  const queue = new AppendQueue();
  const large = new Uint8Array(9 * 1024 * 1024);
  expect(queue.push(large, null)).toBe(true);
  expect(queue.push(large, null)).toBe(true);
  expect(queue.push(large, null)).toBe(false);
});
