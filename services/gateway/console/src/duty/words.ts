/** The words of duty and escalation join the console's with their page. */

import { i18n } from "@/i18n";
import { en, refusalEn } from "./words.en";
import { refusalZh, zhCN } from "./words.zh-CN";

i18n.global.mergeLocaleMessage("zh-CN", { duty: zhCN, refusal: refusalZh });
i18n.global.mergeLocaleMessage("en", { duty: en, refusal: refusalEn });
