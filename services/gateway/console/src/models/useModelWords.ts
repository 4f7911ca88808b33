/** Capabilities, reasons and names of figures as the reader's language says them. */

import { useI18n } from "vue-i18n";
import { clockTime } from "@/when";
import { reasonOf } from "./shape";
import "./words";

export function useModelWords() {
  const { t, te, locale } = useI18n();
  const known = (key: string, otherwise: string) => (te(key) ? t(key) : otherwise);

  function capability(name: string): string {
    if (name.startsWith("things.")) return t("models.capability.things", { name: name.slice("things.".length) });
    return known(`models.capability.${name}`, name);
  }

  /** In the reader's language where it is one of a few sentences; else as the detector says it. */
  function reason(text: string): string {
    const found = reasonOf(text);
    return found === null ? text : t(`models.reason.${found.key}`, found.named);
  }

  const figure = (name: string) => known(`models.figure.${name}`, name.replaceAll("_", " "));
  const group = (path: string) => (path === "" ? "" : path.split(".").map((part) => known(`models.part.${part}`, part)).join(" › "));
  const since = (moment: string) => t("models.field.since", { time: clockTime(Date.parse(moment), locale.value) });
  return { t, locale, capability, reason, figure, group, since };
}
