import type { PushWords } from "./words.zh-CN";

export const en: PushWords = {
  title: "Notify this device",
  asking: "Looking…",
  again: "Again",
  test: "Send a test",
  tested: "A test is on its way: it appears on this device.",
  testFailed: "The test did not work: {said}",
  over: "This device's subscription is over: switch it on again.",
  refused: "Not allowed: choose “Allow” when the browser asks.",
  noService: "The browser does not reach its own push service, as on closed networks and some phones. Keep this console open: it tells you all the same.",
  state: {
    on: "On: you are told while this console is closed, until you log out.",
    off: "Off. Switched on, you are told while this console is closed.",
    failing: "On, but the last message did not arrive:",
    denied: "The browser does not let this console notify you. Allow notifications in its settings for this site, then come back.",
    closed: "Push is not set up here, as on closed networks. While you are logged in, this console tells you.",
    unsupported: "This browser cannot be pushed to. On an iPhone or iPad: add this console to the home screen first, and open it from there.",
    insecure: "Push needs this console to be opened by https: ask an administrator.",
  },
};
