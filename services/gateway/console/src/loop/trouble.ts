/** What went wrong, in words. */

import { Offline, Problem } from "@/api/client";
import { i18n } from "@/i18n";

/** Anything that is not of the network or the server's own refusal is our bug, and stays one. */
export function said(error: unknown): string {
  if (error instanceof Problem) return error.message || i18n.global.t("problem.unknown");
  if (error instanceof Offline) return i18n.global.t("signIn.offline");
  throw error;
}
