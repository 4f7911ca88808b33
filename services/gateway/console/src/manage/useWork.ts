/** Asking the server for a page or a form: what is awaited, what was refused, and which field it is about. */

import { ref } from "vue";
import { Offline, Problem } from "@/api/client";
import { i18n } from "@/i18n";
import { faultsOf } from "./faultOf";

export function useWork() {
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
    faults.value = faultsOf(problem);
    trouble.value = problem.status === 412 ? i18n.global.t("manage.stale") : problem.message || i18n.global.t("problem.unknown");
  }

  function clear() {
    trouble.value = "";
    faults.value = {};
  }

  return { isBusy, isForbidden, trouble, faults, attempt, clear };
}
