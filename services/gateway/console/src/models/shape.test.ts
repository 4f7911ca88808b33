import { describe, expect, it } from "vitest";
import { figureGroups, packRows, reasonOf, refusals, type Pack } from "./shape";

const pack = (name: string, state: Pack["state"], more: Partial<Pack> = {}): Pack => ({ pack: name, state, since: "2026-11-26T00:00:00Z", capability: "heads", reason: "", digest: "ab", labels: [], devices: [], figures: [], ...more });

describe("model packs", () => {
  const rows = packRows([
    { worker: "w1", device: "cpu", packs: [pack("heads@1", "spare"), pack("heads@2", "in_force"), pack("bad", "refused", { digest: null, reason: "manifest.json: name: Field required" })] },
    { worker: "w2", device: "cuda:0", packs: [pack("heads@1", "in_force"), pack("heads@2", "refused", { digest: "cd", reason: "broken" })] },
    { worker: "w3", device: "cpu", packs: [] },
  ]);

  it("are one row a pack and its weights, what is in force first", () => {
    expect(rows.map((row) => [row.about.pack, row.about.digest, row.state])).toEqual([["heads@1", "ab", "in_force"], ["heads@2", "ab", "in_force"], ["bad", null, "refused"], ["heads@2", "cd", "refused"]]);
    expect(rows[0]?.workers.map((one) => [one.worker, one.state])).toEqual([["w1", "spare"], ["w2", "in_force"]]);
    expect(rows[0]?.missingOn).toEqual(["w3"]);
    expect(refusals(rows).map((row) => row.about.pack)).toEqual(["bad", "heads@2"]);
  });

  it("of an older detector are not told", () => {
    expect(packRows([{ worker: "w1", device: "cpu" } as never])).toEqual([]);
  });
});

it("puts figures together by what they are about", () => {
  const figures = [["conditions", "one core"], ["mask.all.heads", "1311"], ["mask.all.confusion.present.absent", "1"], ["mask.all.present_found", "0.97"]].map(([name, value]) => ({ name: name ?? "", value: value ?? "" }));
  expect(figureGroups(figures).map((group) => [group.of, group.items.map((item) => `${item.name}=${item.value}`)])).toEqual([
    ["", ["conditions=one core"]], ["mask.all", ["heads=1311", "present_found=0.97"]], ["mask.all.confusion.present", ["absent=1"]],
  ]);
});

it.each([
  ["no pack brings it", "none", {}],
  ["redness@11 was chosen: it is not there", "chosenMissing", { pack: "redness@11" }],
  ["model.bin is not what the manifest names: sha256 0123456789ab…", "digest", { file: "model.bin", digest: "0123456789ab" }],
  ["model.bin: No such file or directory", "noFile", { file: "model.bin" }],
  ["manifest.json: name: Field required", "manifest", { what: "name: Field required" }],
  ["it failed when it was asked: RuntimeError: out of memory", "failed", { why: "RuntimeError: out of memory" }],
])("%s is said in the reader's language", (reason, key, named) => {
  expect(reasonOf(reason)).toEqual({ key, named });
});

it("leaves other reasons as they are", () => {
  expect(reasonOf("on 1 of 2 workers (w2): broken")).toBeNull();
});
