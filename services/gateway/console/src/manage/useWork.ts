/** Asking the server for a page or a form: what is awaited, what was refused, and which field it is about. */

import { ref } from "vue";
import { Offline, Problem } from "@/api/client";
import { i18n } from "@/i18n";
import { faultsOf } from "./faultOf";

/** In the reader's language where the refusal has words here; else the server's. */
export function refusalWords(problem: Problem): string {
  const { t, te } = i18n.global;
  if (problem.status === 412) return t("manage.stale");
  if (problem.status === 429) return t("signIn.tooOften", { seconds: problem.retryAfterS ?? 60 });
  const key = `refusal.${problem.code}`;
  return te(key) ? t(key) : problem.message || t("problem.unknown");
}

/** Args: ownWords: field to the key of what is said about it here, where the server's own words are not for everybody. */
export function useWork(ownWords: Record<string, string> = {}) {
  const isBusy = ref(false);
  const isForbidden = ref(false);
  const trouble = ref("");
  const faults = ref<Record<string, string>>({});

  /** True when it was done. A fault of ours is thrown on. */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    isBusy.value = true;
    try {
      await work();
      trouble.value = "";
      faults.value = {};
      isForbidden.value = false;
      return true;
    } catch (error) {
      if (error instanceof Offline) trouble.value = i18n.global.t("signIn.offline");
      else if (error instanceof Problem) refused(error);
      else throw error;
      return false;
    } finally {
      isBusy.value = false;
    }
  }

  function refused(problem: Problem) {
    isForbidden.value = problem.status === 403;
    const { t } = i18n.global;
    const message = refusalWords(problem);
    const said = faultsOf({ fields: problem.fields, code: problem.code, message });
    faults.value = Object.fromEntries(Object.entries(said).map(([field, words]) => [field, ownWords[field] === undefined ? words : t(ownWords[field])]));
    const own = Object.keys(said).find((field) => ownWords[field] !== undefined);
    trouble.value = own === undefined ? message : t(ownWords[own] ?? "");
  }

  function clear() {
    trouble.value = "";
    faults.value = {};
  }

  return { isBusy, isForbidden, trouble, faults, attempt, clear };
}
