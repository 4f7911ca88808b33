import { describe, expect, it } from "vitest";
import type { Broadcast, Receipt } from "./api";
import { bySite, counted, marksOf, worthRetrying } from "./receipts";

const receipt = (camera: string, state: Receipt["state"], more: Partial<Receipt> = {}): Receipt => ({
  camera, site: "one", state, reason: null, detail: "", holder: null, attempts: 1, codec: null, began_at: null, late_ms: null, packets: 0, ...more,
});

describe("receipts", () => {
  const all = [
    receipt("a", "heard"), receipt("b", "played"), receipt("c", "playing"), receipt("d", "accepted"), receipt("e", "waiting"),
    receipt("f", "failed", { reason: "camera_busy" }), receipt("g", "skipped", { reason: "too_often" }), receipt("h", "failed", { reason: "no_backchannel", site: "two" }),
  ];

  it("are counted as people read them", () => {
    expect(counted(all)).toEqual({ heard: 2, sounding: 1, ready: 1, waiting: 1, failed: 3 });
  });

  it("are tried again only where that may help", () => {
    expect(worthRetrying(all)).toEqual(["f"]);
  });

  it("stand by school, failed ones first", () => {
    const rows = bySite(all, ["two", "one", "empty"]);
    expect(rows.map((row) => row.site)).toEqual(["two", "one"]);
    expect(rows[1]?.receipts.slice(0, 3).map((one) => one.camera)).toEqual(["f", "g", "a"]);
  });

  it("are summed by mark where they are left out", () => {
    expect(marksOf({ heard: 3, played: 2, failed: 1, skipped: 1, waiting: 0 } as Broadcast["counts"])).toEqual([["heard", 5], ["failed", 2]]);
    expect(marksOf({} as Broadcast["counts"])).toEqual([]);
  });
});
