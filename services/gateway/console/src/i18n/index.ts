/** The two languages; the choice is remembered on this device. */

import { createI18n } from "vue-i18n";
import { en } from "./en";
import { zhCN } from "./zh-CN";

const KEY = "bk-language";
export type Language = "zh-CN" | "en";

function remembered(): Language {
  return localStorage.getItem(KEY) === "en" ? "en" : "zh-CN";
}

export const i18n = createI18n({
  legacy: false,
  locale: remembered(),
  fallbackLocale: "zh-CN",
  messages: { "zh-CN": zhCN, en },
});

export function chooseLanguage(language: Language): void {
  i18n.global.locale.value = language;
  localStorage.setItem(KEY, language);
  document.documentElement.lang = language;
}
