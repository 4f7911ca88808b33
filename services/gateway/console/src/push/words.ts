/** The words of Web Push join the console's with its switch. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { push: zhCN });
i18n.global.mergeLocaleMessage("en", { push: en });
