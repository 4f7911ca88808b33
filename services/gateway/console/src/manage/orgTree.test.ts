import { describe, expect, it } from "vitest";
import { pathWords, possibleParents, shownRows, strayed, unitOptions, unitRows, type Site, type Unit } from "./orgTree";

const unit = (id: string, parent: string | null, path: string[], name = id, name_en: string | null = null): Unit => ({ id, name, name_en, kind: "station", parent, path });
const site = (id: string, of: string | null): Site => ({ id, name: id, kind: "school", recordings_gb: null, unit: of });
const UNITS = [unit("east", "city", ["city", "east"], "东站", "East"), unit("city", null, ["city"], "市", "City"), unit("west", "city", ["city", "west"], "西站"), unit("lone", "hidden", ["hidden", "lone"])];
const SITES = [site("b", "east"), site("a", "east"), site("c", "city"), site("d", null), site("e", "hidden")];

describe("the organisation's tree", () => {
  it("stands in order, with what lies in it", () => {
    const rows = unitRows(UNITS, SITES);
    expect(rows.map((row) => [row.unit.id, row.depth, row.count, row.hasMore])).toEqual([["city", 0, 3, true], ["east", 1, 2, true], ["west", 1, 0, false], ["lone", 0, 0, false]]);
    expect(rows[1]?.sites.map((one) => one.id)).toEqual(["a", "b"]);
    expect(shownRows(rows, new Set(["city"])).map((row) => row.unit.id)).toEqual(["city", "lone"]);
    expect(strayed(UNITS, SITES).map((one) => one.id)).toEqual(["d", "e"]);
  });

  it("says where something lies, in both languages", () => {
    expect(pathWords("east", UNITS, "en")).toBe("City / East");
    expect(pathWords("east", UNITS, "zh-CN")).toBe("市 / 东站");
    expect(pathWords("lone", UNITS, "en")).toBe("hidden / lone");
    expect(pathWords("gone", UNITS, "en")).toBe("gone");
    expect(unitOptions(UNITS, "en")).toContainEqual({ id: "west", name: "City / 西站" });
  });

  it("hangs nothing below itself", () => {
    expect(possibleParents("city", UNITS).map((one) => one.id)).toEqual(["lone"]);
    expect(possibleParents("east", UNITS).map((one) => one.id)).toEqual(["city", "west", "lone"]);
  });
});
