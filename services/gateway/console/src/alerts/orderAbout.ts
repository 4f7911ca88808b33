/** Which alert an order would be about: a wrong one is worse than none. Pure. */

import type { Judged } from "./desk";
import type { Alert } from "./inbox";

/** The one that was confirmed just now, although the next stands in its place already; until a person turns to another
 * one by hand. Where none is chosen it is the only one that can be meant.
 *
 * `isNotTaken`: the newest judgement failed: what stands there now is not what the person was about. */
export function orderAbout(chosen: Alert | null, judged: Judged | null, isByHand: boolean, isNotTaken = false): Alert | null {
  if (isNotTaken && !isByHand) return null;
  const confirmed = confirmedBefore(chosen, judged);
  return confirmed !== null && (chosen === null || !isByHand) ? confirmed : chosen;
}

/** The newest judgement where it is a confirmation, and of another alert than the one that is shown. */
export function confirmedBefore(chosen: Alert | null, judged: Judged | null): Alert | null {
  return judged?.verdict === "confirmed" && judged.alert.id !== chosen?.id ? judged.alert : null;
}
