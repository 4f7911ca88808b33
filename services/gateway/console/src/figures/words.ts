/** The words of figures join the console's with their page. */

import { i18n } from "@/i18n";
import "@/loop/words";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { figures: zhCN });
i18n.global.mergeLocaleMessage("en", { figures: en });
