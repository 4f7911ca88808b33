/** The words of the wall screen and of patrols join the console's with their pages. */

import { i18n } from "@/i18n";
import { en } from "./words.en";
import { zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { wall: zhCN });
i18n.global.mergeLocaleMessage("en", { wall: en });
