/** Groups and times in words. */

import { useI18n } from "vue-i18n";
import { ruleWords } from "@/loop/ruleWords";
import type { FigureGroup } from "./api";
import { lasted } from "./shape";
import "./words";

const CLASSES: Record<string, string> = { 1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ" };

export function useFigureWords() {
  const { t } = useI18n();
  return {
    time: (seconds: number | null | undefined) => {
      const { unit, n } = lasted(seconds);
      return t(`figures.lasted.${unit}`, { n });
    },
    groupName: (by: FigureGroup, key: string, siteName: (id: string) => string) => {
      if (by === "site") return siteName(key);
      if (by === "rule" || by === "class") return ruleWords(key);
      if (by === "risk") return t("loop.risk.long", { class: CLASSES[key] ?? key });
      return key;
    },
  };
}
