/** Random inspection. */

import type { zhCN } from "./words.zh-CN";

export const en: typeof zhCN = {
  title: "Inspections", tabs: { looks: "Looks", draws: "Draws", coverage: "Coverage" }, retry: "Try again", more: "More", save: "Save", cancel: "Cancel", copy: "Copy", copied: "Copied",
  drawState: { committing: "waits for commitments", revealing: "waits for seeds", drawn: "drawn", void: "void", cancelled: "cancelled" },
  lookState: { to_do: "to do", looking: "looking", done: "done", not_possible: "not possible" },
  look: {
    whose: "Whose", mine: "Mine", all: "Everybody's", state: "State", open: "Open", anyState: "All states", empty: "No looks", emptyText: "Kitchens appear here when a draw has chosen them.", due: "until {time}", overdue: "overdue", stratum: "risk class {risk}, band {band}", by: "looked at by {name}",
    start: { video: "Look by video", on_site: "Look on site" }, live: "Live view", finish: "Say what was found", give_up: "Not possible", hand_over: "Hand over", reopen: "Begin again", way: { video: "by video", on_site: "on site" },
    found: { title: "What was found", nothing: "Nothing wrong", violation: "A violation" }, text: "Record", textHint: "What was looked at, and how it was", caseTitle: "Title of the violation", caseHint: "One sentence; a case is opened", risk: "Risk class", why: "Why", to: "To whom (account)", toCase: "See the case", since: "begun {time}", took: "took {time}", ofDraw: "Of the draw", steps: "What happened", notMine: "{name} is looking and says what was found.",
    action: { assign: "assigned", start: "began", finish: "finished", give_up: "given up", hand_over: "handed over", reopen: "begun again" },
  },
  draw: {
    call: "Call a draw", empty: "No draws yet", emptyText: "Departments commit to a seed, then show it; anybody can replay the result.", kitchens: "{n} kitchens, {count} drawn", by: "called by {name}, {time}", rule: "Rule", weights: "Weight of class Ⅰ {a} · Ⅱ {b} · Ⅲ {c}", band: "not for {n} days ×{w}", never: "never ×{w}",
    until: { commit: "Commit until", reveal: "Reveal until", look: "Look until" }, departments: "Departments", people: "Who looks", account: "account {name}", committed: "committed", revealed: "revealed", waiting: "waits", late: "Late: {names}", ifMissing: "If one does not reveal", if: { go_on: "go on with the seeds that are known", void: "the draw is void" },
    proof: "Published, to be replayed", frozen: "Hash of roster and rule", published: "Published hash (keep it)", notYet: "when the time to commit is over", file: "Download the draw's file", replay: "Replay it with a program of its own:", replayHint: "replay_draw.py is in shared/design of this product and needs plain Python only.", chosen: "Kitchens that were drawn", cancel: "Call it off", why: "Why", cancelled: "Why: {why}", gone: "It cannot be called off once a seed is known.",
    commitment: "commitment", seed: "seed", nonce: "nonce",
  },
  seed: {
    mine: "My department: {name}", commitText: "Makes a random seed on this device and sends only its hash. The seed is downloaded as a file and kept here until it is shown. Keep it, and show it to nobody before.", commit: "Make a seed and commit", revealText: "Show the seed now. It must fit what was committed to.", reveal: "Show the seed", file: "Choose the seed's file", wrong: "This file is not the seed that your department committed to. Choose the one that was downloaded then.", missing: "The seed is not on this device. Choose the file that was downloaded when you committed.", done: "Your department has shown its seed.", committed: "Your department has committed. Come back when seeds are to be shown.", lost: "Your department did not commit in time.",
  },
  form: {
    title: "Call a draw", name: "Name", nameHint: "e.g. Autumn 2026, first draw", count: "How many kitchens", roster: "The roster is every registered school; risk and time since the last look are added and frozen with it.", riskWeights: "Weights of risk (class Ⅰ / Ⅱ / Ⅲ)", bands: "Weights by days since the last look", fromDays: "days or more", weight: "weight", never: "Weight where never looked at",
    departments: "Departments", department: "Department", account: "Account", commitment: "Commitment (optional, given with the call)", addDepartment: "Add a department", remove: "Remove", make: "Make mine", supervisors: "Accounts that look", supervisorsHint: "Separated by commas or blanks; looks are shared evenly", ifMissing: "If a department does not reveal", call: "Freeze the roster and call", callHint: "Roster, rule, departments and times cannot be changed afterwards.",
    fault: { title: "Give it a name.", count: "Draw a whole number from 1 to 10,000.", weights: "Weights are whole numbers from 1 to 1000.", bands: "Days begin with 0 and rise.", departments: "Each department needs a name of its own and an account.", commitment: "A commitment is 64 hexadecimal digits.", supervisors: "Name at least one who looks.", times: "In this order: now, commit until, reveal until, look until." },
  },
  coverage: { of: "{n} of {all} kitchens looked at", never: "not in this range", school: "School", looks: "Looks", violations: "Violations", time: "Time", last: "Last look", none: "never", empty: "No schools registered", emptyText: "Register them on the Schools page first." },
};
