/** A QR code as the path of an SVG, made here: what it says goes to nobody. */

import qrcode from "qrcode-generator";

/** Modules left free around it (ISO/IEC 18004, 5.3.8). */
export const QUIET = 4;

export interface Qr {
  /** Modules on a side, without the quiet zone. */
  size: number;
  path: string;
}

export function qrOf(text: string): Qr {
  const code = qrcode(0, "M"); // 0: the smallest version that it fits into
  code.addData(text, "Byte");
  code.make();
  const size = code.getModuleCount();
  const rows = Array.from({ length: size }, (_, row) => rowPath(size, row, (column) => code.isDark(row, column)));
  return { size, path: rows.join("") };
}

/** Dark modules beside one another in one stroke: no seams between them at any scale. */
function rowPath(size: number, row: number, isDark: (column: number) => boolean): string {
  let path = "";
  for (let begin = 0; begin < size; begin += 1) {
    if (!isDark(begin)) continue;
    let end = begin + 1;
    while (end < size && isDark(end)) end += 1;
    path += `M${begin + QUIET} ${row + QUIET}h${end - begin}v1h${begin - end}z`;
    begin = end;
  }
  return path;
}

/** "JBSW Y3DP …": in groups, as people type it off. */
export function grouped(secret: string): string {
  return secret.replace(/\s+/g, "").replace(/(.{4})(?=.)/g, "$1 ");
}
