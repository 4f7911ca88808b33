/** The words of storage join the console's with their page. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { storage: zhCN });
i18n.global.mergeLocaleMessage("en", { storage: en });
