/** Sizes, times and states as the reader's language says them. */

import { useI18n } from "vue-i18n";
import { clockTime } from "@/when";
import { bytesWords, daysText, type CameraRow } from "./shape";
import "./words";

export function useStorageWords() {
  const { t, locale } = useI18n();
  const bytes = (n: number) => bytesWords(n, locale.value);
  const days = (n: number) => daysText(n, locale.value);
  const at = (ms: number) => clockTime(ms, locale.value);
  /** With its year where that is another one. */
  const day = (ms: number | null) => {
    if (ms === null) return "—";
    const when = new Date(ms);
    const isThisYear = when.getFullYear() === new Date().getFullYear();
    return when.toLocaleDateString(locale.value, { month: "short", day: "numeric", ...(isThisYear ? {} : { year: "numeric" }) });
  };

  function lasting(seconds: number): string {
    if (seconds < 90) return t("storage.time.s", { n: Math.round(seconds) });
    if (seconds < 5400) return t("storage.time.min", { n: Math.round(seconds / 60) });
    if (seconds < 172_800) return t("storage.time.h", { n: daysText(seconds / 3600, locale.value) });
    return t("storage.time.d", { n: daysText(seconds / 86_400, locale.value) });
  }

  /** What is to be known, or done, about a camera's state; empty where it is as it should be. */
  function about(row: CameraRow): string {
    if (row.state === "full") return "";
    if (row.state === "cut") return t("storage.about.cut", { time: at(row.cutMs ?? 0) });
    if (row.state === "stale") return t("storage.about.stale", { time: at(row.newestMs ?? 0) });
    if (row.state === "filling") return t("storage.about.filling", { n: days(Math.max(0, row.wantedDays - row.reachDays)) });
    if (row.state === "longer") return row.holds > 0 ? t("storage.about.longer", { n: row.holds }) : t("storage.about.deleting");
    return t(`storage.about.${row.state}`);
  }

  return { t, locale, bytes, days, day, at, lasting, about };
}
