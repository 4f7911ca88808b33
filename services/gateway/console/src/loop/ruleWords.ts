/** A rule's name as people say it; one that somebody added is called by its own. */

import { i18n } from "@/i18n";

export function ruleWords(rule: string): string {
  const key = `loop.rule.${rule}`;
  return i18n.global.te(key) ? i18n.global.t(key) : rule;
}
