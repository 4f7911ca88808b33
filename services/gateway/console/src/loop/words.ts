/** The words of cases and orders join the console's when they are first needed. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { loop: zhCN });
i18n.global.mergeLocaleMessage("en", { loop: en });
