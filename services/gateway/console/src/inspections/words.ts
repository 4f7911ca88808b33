/** The words of inspections join the console's with their pages. */

import { i18n } from "@/i18n";
import "@/figures/words";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { inspections: zhCN });
i18n.global.mergeLocaleMessage("en", { inspections: en });
