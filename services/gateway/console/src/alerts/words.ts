/** The words of alerts join the console's with the first page that needs them. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { alerts: zhCN });
i18n.global.mergeLocaleMessage("en", { alerts: en });
