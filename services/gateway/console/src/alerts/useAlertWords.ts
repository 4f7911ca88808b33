/** What an alert is and where, in the words of the language that is chosen. */

import { useI18n } from "vue-i18n";
import type { Alert } from "./inbox";
import { cameraName, ruleTitle, siteName } from "./places";

export function useAlertWords() {
  const { t, te, locale } = useI18n();

  /** "Picture fault: blurred", "Camera offline: no answer": the detail where it says more than the rule does. */
  function what(alert: Alert): string {
    const title = ruleTitle(alert.rule, locale.value);
    const key = [`alerts.fault.${alert.detail}`, `reason.${alert.detail}`].find((one) => alert.detail !== "" && te(one));
    return key === undefined ? title : `${title} · ${t(key).replace(/[.。]$/, "")}`;
  }

  function where(alert: Alert): string {
    return `${siteName(alert.site)} · ${cameraName(alert.camera)}`;
  }

  return { what, where };
}

/** The recording around the first picture, a moment before it. */
export function playbackOf(alert: Alert): string {
  const atMs = Date.parse(alert.best?.at ?? alert.first_at) - 3000;
  return `/playback?${new URLSearchParams({ purpose: "case", site: alert.site, cameras: alert.best?.camera ?? alert.camera, at: String(atMs) })}`;
}
