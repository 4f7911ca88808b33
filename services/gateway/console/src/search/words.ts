/** The words of the search come with its sheet. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { search: zhCN });
i18n.global.mergeLocaleMessage("en", { search: en });
