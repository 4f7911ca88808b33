/** The words of model packs join the console's with their page. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { models: zhCN });
i18n.global.mergeLocaleMessage("en", { models: en });
