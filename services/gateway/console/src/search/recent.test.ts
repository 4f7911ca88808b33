import { expect, it } from "vitest";
import { Recent } from "./recent";
import type { Thing } from "./things";

function storage(begin: Record<string, string> = {}) {
  const kept = new Map(Object.entries(begin));
  return {
    getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key),
  };
}
const thing = (id: string): Thing => ({ kind: "camera", id, name: `camera ${id}`, site: "s1" });

it("keeps the newest eight, each once, of this person alone", () => {
  const store = storage();
  const mine = new Recent("li", store);
  for (let n = 0; n < 10; n++) mine.add(thing(`c${n}`));
  mine.add(thing("c5"));
  expect(mine.things.map((one) => one.id)).toEqual(["c5", "c9", "c8", "c7", "c6", "c4", "c3", "c2"]);
  expect(new Recent("wang", store).things).toEqual([]);
  mine.clear();
  expect(new Recent("li", store).things).toEqual([]);
});

it.each(["", "{", "{}", "[1, null]", '[{"kind":"spell","id":"x","name":"x","site":"x"}]', '[{"kind":"site","id":1}]'])(
  "nonsense is nothing: %s", (text) => expect(new Recent("li", storage({ "bk-found:li": text })).things).toEqual([]),
);
