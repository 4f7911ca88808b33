/** The words of talking join the console's when they are first needed: they come with the panel, not with the first page. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { talk: zhCN });
i18n.global.mergeLocaleMessage("en", { talk: en });

/** Whether a failure can be told in words; `next` has the same keys, and so has English. */
export function hasWordsFor(code: string): boolean {
  return Object.hasOwn(zhCN.why, code);
}
