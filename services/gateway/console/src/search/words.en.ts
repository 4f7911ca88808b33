/** Search: schools, cameras, cases, orders. */

import type { SearchWords } from "./words.zh-CN";

export const en: SearchWords = {
  title: "Search", placeholder: "School, camera, case or order", close: "Close", clear: "Clear what is typed",
  kind: { site: "Schools", camera: "Cameras", case: "Cases", order: "Orders", recent: "Opened lately" },
  way: { live: "Live", playback: "Playback", cases: "Cases", cameras: "List of cameras", open: "Open" },
  more: "There are more: type on", found: "nothing found | 1 found | {n} found", asking: "Searching…",
  hint: "Part of a name or a number; words with spaces between them, such as “primary cooking”.",
  keys: "↑ ↓ choose, → where else, Enter opens, Esc closes",
  nothing: "Nothing has “{words}” in it", nothingText: "Type less of it, or look for a slip; only your own schools are searched.",
  offline: "The server cannot be reached", offlineText: "It is searched again as soon as the connection is back.", retry: "Try again",
  missing: "{kinds} cannot be searched at the moment; the rest is complete.", and: ", ", forget: "Forget these",
};
