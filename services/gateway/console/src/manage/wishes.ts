/** What is sent of somebody's wishes. */

import type { Wishes } from "./api";

export function wishesBody(draft: Wishes & { quiet: string }) {
  return {
    is_enabled: draft.is_enabled, language: draft.language, risk_max: draft.risk_max, sites: [...draft.sites], kinds: [...draft.kinds],
    hours: draft.hours.filter((row) => row.days.length > 0), time_zone: draft.time_zone, rota: draft.rota ?? null, quiet_s: Number(draft.quiet),
  };
}
