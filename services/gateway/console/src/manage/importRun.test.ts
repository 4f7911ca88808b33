import { describe, expect, it } from "vitest";
import { inOrder, isWorthwhile, linesOf, readLines, rowTitle, type ImportLine, type ImportRow } from "./importRun";

const row = (number: number, outcome: ImportRow["outcome"]): ImportRow => ({ row: number, outcome, site: "a", site_name: "二小", site_outcome: null, camera: null, camera_name: null, camera_outcome: null, changes: [], errors: [] });
const stream = (...pieces: Uint8Array[]) => new ReadableStream<Uint8Array>({
  start(to) {
    for (const piece of pieces) to.enqueue(piece);
    to.close();
  },
});
const bytes = (text: string) => new TextEncoder().encode(text);

describe("lines of an import", () => {
  it("are whole, wherever the network cuts them", async () => {
    const text = `{"row":{"row":2,"outcome":"new","site_name":"二小"},"done":1,"of":1}\n{"done":1,"of":1,"counts":{"new":1,"changed":0,"unchanged":0,"wrong":0}}\n`;
    const all = bytes(text);
    for (let cut = 1; cut < all.length; cut += 1) {
      const heard: ImportLine[] = [];
      expect(await readLines(stream(all.slice(0, cut), all.slice(cut)), (line) => heard.push(line))).toBe(true);
      expect(heard.map((line) => line.row?.site_name)).toEqual(["二小", undefined]);
    }
    expect(linesOf(`{"done":1,"of":2}\n{"do`)).toEqual({ lines: [{ done: 1, of: 2 }], rest: `{"do` });
  });

  it("say when they broke off", async () => {
    expect(await readLines(stream(bytes(`{"done":1,"of":2}\n`)), () => undefined)).toBe(false);
    expect(await readLines(stream(bytes(`{"done":1,"of":2,"broken":"x"}\n`)), () => undefined)).toBe(true);
  });
});

it("puts first what a person has to change", () => {
  const rows = [row(2, "unchanged"), row(3, "new"), row(4, "wrong"), row(5, "changed"), row(6, "wrong")];
  expect(inOrder(rows).map((one) => one.row)).toEqual([4, 6, 5, 3, 2]);
  expect(rows[0]?.row).toBe(2);
});

it("names what a row is about", () => {
  expect(rowTitle({ ...row(2, "new"), camera_name: "烹饪间" })).toBe("二小 · 烹饪间");
  expect(rowTitle({ ...row(2, "wrong"), site: null, site_name: null })).toBe("");
});

it("applies only what changes something", () => {
  expect(isWorthwhile({ new: 0, changed: 0, unchanged: 3, wrong: 2 })).toBe(false);
  expect(isWorthwhile({ new: 0, changed: 1, unchanged: 0, wrong: 0 })).toBe(true);
});
