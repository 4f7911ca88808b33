/** The words of managing join the console's with their pages. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { manage: zhCN });
i18n.global.mergeLocaleMessage("en", { manage: en });
