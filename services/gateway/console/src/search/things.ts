/** What can be found, where it leads, and how its name is shown: pure. */

export const KINDS = ["site", "camera", "case", "order"] as const;
export type Kind = (typeof KINDS)[number];

export interface Thing {
  kind: Kind;
  id: string;
  name: string;
  /** Id of its school; a school's own. */
  site: string;
}

export interface Group {
  kind: Kind | "recent";
  things: Thing[];
  /** More are there than are shown. */
  hasMore: boolean;
}

/** Name of a destination, for its words. */
export type Sight = "live" | "playback" | "cases" | "cameras" | "open";

export interface Way {
  sight: Sight;
  to: { path: string; query?: Record<string, string> };
}

export interface Rights {
  mayView: boolean;
  mayPlayBack: boolean;
}

/** Where it leads: the first is what Enter does. Who looks at no pictures is led to the list of cameras. */
export function waysOf({ kind, id, site }: Thing, { mayView, mayPlayBack }: Rights): [Way, ...Way[]] {
  if (kind === "case") return [{ sight: "open", to: { path: `/cases/${id}` } }];
  if (kind === "order") return [{ sight: "open", to: { path: `/orders/${id}` } }];
  const camera: Record<string, string> = kind === "camera" ? { camera: id } : {};
  if (!mayView) return [{ sight: "cameras", to: { path: "/cameras", query: { site, ...camera } } }];
  const ways: [Way, ...Way[]] = [{ sight: "live", to: { path: "/live", query: { site, ...camera } } }];
  if (kind === "site") ways.push({ sight: "cases", to: { path: "/cases", query: { site, state: "all" } } });
  if (mayPlayBack) ways.push({ sight: "playback", to: { path: "/playback", query: kind === "camera" ? { site, cameras: id } : { site } } });
  return ways;
}

export interface Place {
  row: number;
  way: number;
}

/** Where an arrow leads from there; from nowhere (-1) to the first or the last. `ways`: of each row, how many. */
export function moved(at: Place, key: "ArrowDown" | "ArrowUp" | "ArrowLeft" | "ArrowRight", ways: number[]): Place {
  const rows = ways.length;
  if (rows === 0) return { row: -1, way: 0 };
  if (key === "ArrowDown") return { row: (at.row + 1) % rows, way: 0 };
  if (key === "ArrowUp") return { row: at.row <= 0 ? rows - 1 : at.row - 1, way: 0 };
  const last = (ways[at.row] ?? 1) - 1;
  return { row: at.row, way: Math.min(last, Math.max(0, at.way + (key === "ArrowRight" ? 1 : -1))) };
}

export interface Piece {
  text: string;
  isFound: boolean;
}

/** A name in pieces: those that were typed, and what is between them. */
export function piecesOf(name: string, typed: string): Piece[] {
  const words = typed.normalize("NFKC").split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [{ text: name, isFound: false }];
  const any = new RegExp(`(${words.sort((a, b) => b.length - a.length).map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|")})`, "iu");
  return name.split(any).map((text, at) => ({ text, isFound: at % 2 === 1 })).filter((piece) => piece.text !== "");
}
