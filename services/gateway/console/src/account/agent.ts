/** What a browser calls itself, in two words that people know; a program's own name as it is. */

const BROWSERS: [RegExp, string][] = [
  [/MicroMessenger/, "WeChat"],
  [/DingTalk/i, "DingTalk"],
  [/\bEdgA?\//, "Edge"],
  [/\b(?:OPR|Opera)\//, "Opera"],
  [/\b(?:QQBrowser|MQQBrowser)\//, "QQ Browser"],
  [/HuaweiBrowser\//, "Huawei Browser"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/OpenHarmony|HarmonyOS/, "HarmonyOS"],
  [/Android/, "Android"],
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "Mac"],
  [/CrOS/, "ChromeOS"],
  [/Linux|X11/, "Linux"],
];
const SHOWN_MAX = 60;

export interface Agent {
  /** Of a browser; empty for a program. */
  browser: string;
  system: string;
  isPhone: boolean;
  /** As it was sent, shortened. */
  text: string;
}

const first = (table: [RegExp, string][], text: string) => table.find(([pattern]) => pattern.test(text))?.[1] ?? "";

export function agentOf(text: string): Agent {
  const browser = text.startsWith("Mozilla/") ? first(BROWSERS, text) : "";
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text;
  return { browser, system: browser === "" ? "" : first(SYSTEMS, text), isPhone: /Mobile|iPhone|Android|Harmony/.test(text), text: shown };
}
