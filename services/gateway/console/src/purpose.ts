/** Why somebody looks into a kitchen, by the page they do it from; the server keeps it with who looked. */

export const PURPOSES = ["patrol", "draw", "case", "drill"] as const;
export type Purpose = (typeof PURPOSES)[number];

interface Place {
  path: string;
  query: Record<string, unknown>;
}

/** Pages whose pictures are about one thing; the longest that fits counts. A round of the wall is a patrol. */
const OF_PAGE: Record<string, Purpose> = {
  "/wall": "patrol",
  "/live": "patrol",
  "/watch": "case",
  "/alerts": "case",
  "/cases": "case",
  "/orders": "case",
  "/inspections": "draw",
  "/broadcast/drills": "drill",
};

/** `?purpose=` of a link that leads from one page to another goes before the page. Null: a school in its own kitchen, a room. */
export function purposeOf(place: Place, isOfSchool: boolean): Purpose | null {
  const asked = place.query["purpose"];
  if (isPurpose(asked)) return asked;
  if (isOfSchool) return null;
  const page = Object.keys(OF_PAGE)
    .filter((one) => place.path === one || place.path.startsWith(`${one}/`))
    .sort((one, other) => other.length - one.length)[0];
  return page === undefined ? null : (OF_PAGE[page] ?? null);
}

/** As a part of an address that has a query already; empty where there is no purpose. */
export function purposeQuery(purpose: Purpose | null): string {
  return purpose === null ? "" : `&purpose=${purpose}`;
}

function isPurpose(asked: unknown): asked is Purpose {
  return (PURPOSES as readonly unknown[]).includes(asked);
}
