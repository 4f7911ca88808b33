import { describe, expect, it } from "vitest";
import { grouped, QUIET, qrOf } from "./qr";

/** Which modules a path fills. */
function filled(path: string): Set<string> {
  const found = new Set<string>();
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let at = 0; at < Number(width); at += 1) found.add(`${Number(x) + at},${Number(y)}`);
  }
  return found;
}

describe("a QR code", () => {
  const qr = qrOf("otpauth://totp/Bright%20Kitchen:li?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Bright%20Kitchen");
  const dark = filled(qr.path);

  it("has three finder patterns in its corners, and none in the fourth (ISO/IEC 18004, 5.3.3)", () => {
    const corner = (column: number, row: number) =>
      [0, 1, 2, 3, 4, 5, 6].every((at) => dark.has(`${column + at + QUIET},${row + QUIET}`) && dark.has(`${column + QUIET},${row + at + QUIET}`));
    const far = qr.size - 7;
    expect([corner(0, 0), corner(far, 0), corner(0, far), corner(far, far)]).toEqual([true, true, true, false]);
    expect(dark.has(`${1 + QUIET},${1 + QUIET}`)).toBe(false);
  });

  it("is of a size that there is, with nothing in the quiet zone", () => {
    expect((qr.size - 17) % 4).toBe(0);
    for (const module of dark) {
      const [x = 0, y = 0] = module.split(",").map(Number);
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(QUIET);
      expect(Math.max(x, y)).toBeLessThan(qr.size + QUIET);
    }
  });

  it("grows with what it says", () => {
    expect(qrOf("a").size).toBeLessThan(qr.size);
  });
});

describe("a secret", () => {
  it("is typed off in groups of four", () => {
    expect(grouped("JBSWY3DPEH")).toBe("JBSW Y3DP EH");
    expect(grouped("JBSW Y3DP")).toBe("JBSW Y3DP");
  });
});
