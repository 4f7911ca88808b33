/** Public screens: what people without an account see. */

import type { PublicWords } from "./words.zh-CN";

export const en: PublicWords = {
  title: "Bright Kitchen", notice: "Faces are made unrecognisable by the server. This page records neither pictures nor sound.", taken: "taken at {time}", language: "中文",
  preparing: "The picture is being prepared…", away: "No picture just now", awayText: "It comes back by itself.", paused: "Paused", pausedText: "It goes on when you return to this page.", full: "Full screen",
  state: { off: "This screen is switched off for now", over: "The time of this screen is over", outside_hours: "Pictures are shown at other hours", gone: "This link opens nothing", offline: "The server cannot be reached", busy: "Too many requests" },
  stateText: { off: "Whoever runs it has paused it. It comes back by itself.", over: "Ask the school or the authority for a new link.", outside_hours: "They appear by themselves when it is time.", gone: "It may have been replaced or ended: ask for a new one.", offline: "Check the network. It comes back by itself.", busy: "It is tried again in a moment." },
  pictureOf: "{name}, at {time}",
};
