/** The words of the system's health join the console's with their page. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { health: zhCN });
i18n.global.mergeLocaleMessage("en", { health: en });
