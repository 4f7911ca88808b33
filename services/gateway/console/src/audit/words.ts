/** The words of the audit trail join the console's with their page. */

import { i18n } from "@/i18n";
import { deedsEn } from "./deeds.en";
import { deedsZhCN } from "./deeds.zh-CN";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { audit: { ...zhCN, actions: deedsZhCN } });
i18n.global.mergeLocaleMessage("en", { audit: { ...en, actions: deedsEn } });
