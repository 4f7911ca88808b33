/** The words of emergency rooms join the console's with their pages. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";
import "@/broadcast/words";

i18n.global.mergeLocaleMessage("zh-CN", { rooms: zhCN });
i18n.global.mergeLocaleMessage("en", { rooms: en });
