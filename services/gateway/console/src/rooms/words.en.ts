/** Emergency rooms. */

import type { RoomWords } from "./words.zh-CN";

export const en: RoomWords = {
  title: "Emergency rooms", open: "Open a room", name: "What happened, for example: gas smell at 2nd primary school", choose: "Choose the kitchens' cameras", make: "Open", empty: "No room is open", emptyText: "When something happens, several kitchens, several people and other departments come together here.", isOpen: "open", closed: "closed by {who}", by: "opened by {who}, {time}", entries: "{n} entries",
  close: "Close the room", closeTitle: "Close “{name}”?", closeText: "Guests are out at once, the timeline is kept. It cannot be opened again.", talk: "Talk", speaks: "{who} is speaking", quiet: "Nobody speaks", people: "People", guest: "guest", here: "{n} here", timeline: "Timeline", note: "Note", order: "Order", noteHint: "What was decided or ordered; it cannot be changed afterwards", say: "Enter",
  invite: "Invite a guest", guestName: "Department and name", may: "May", view: "see", speak: "speak", hours: "{n} h", link: "The link is shown once: copy it for them", copy: "Copy the link", copied: "Copied", retry: "Try again", seal: "Seal evidence", sealReason: "Why it is sealed", sealNow: "Seal", sealHint: "Seals the original recordings of the room's cameras from 1 minute before it was opened until now (or its end), with its timeline: nobody can change or delete them for a year.", revoke: "Put out", until: "until {time}", out: "Your time as a guest is over: ask who invited you.", notGuest: "This link is not valid: ask for a new one.",
  kind: { opened: "opened the room", joined: "came in", left: "left", talk_started: "began to speak", talk_ended: "stopped speaking", view_started: "began to look", view_ended: "stopped looking", note: "note", order: "order", guest_invited: "invited a guest", guest_revoked: "put a guest out", guest_expired: "a guest's time ended", sealed: "sealed evidence", closed: "closed the room" },
};
