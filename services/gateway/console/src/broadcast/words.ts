/** The words of broadcasts join the console's with their pages. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";
import "@/talk/words";

i18n.global.mergeLocaleMessage("zh-CN", { broadcast: zhCN });
i18n.global.mergeLocaleMessage("en", { broadcast: en });
