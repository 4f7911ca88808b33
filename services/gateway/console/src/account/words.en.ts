/** One's own account: password, second factor, logins, tokens for programs. */

import type { AccountRefusals, AccountWords } from "./words.zh-CN";

export const en: AccountWords = {
  title: "My account", allSites: "all schools", wrongPassword: "This is not your password: type your present one.", present: "Present password", failed: "This cannot be read just now.",
  password: {
    title: "Password", next: "New password", nextHint: "10 characters at least", again: "New password once more", change: "Change password", changed: "Your password is changed; every other login has ended.", short: "A password has 10 characters at least.", differs: "The two are not the same.", same: "This is the password you have.", ends: "Every other login of yours ends with the change.",
  },
  second: {
    title: "Second factor", on: "on", off: "off", why: "At log-in a code of your phone's authenticator app is asked for beside the password: whoever finds out the password still cannot log in.", left: "recovery codes left: {n}", few: "Few recovery codes are left: turn it off and on again for new ones.", setUp: "Set up", turnOff: "Turn off", offHint: "The password alone logs in again.",
    scan: "Scan with the authenticator app", scanText: "Any app for TOTP will do, such as Aegis, 2FAS or Google Authenticator. The code is made on this machine.", qr: "QR code of the second factor", type: "Or type the secret", open: "Open in the authenticator app of this device", code: "The six digits that it shows", codeOrRecovery: "Six digits, or a recovery code", wrongCode: "Not the code of now: check the phone's clock, and type the newest one.", confirm: "Confirm and turn on", next: "Next", lost: "Phone and recovery codes lost: an administrator takes it away.",
  },
  recovery: { title: "Recovery codes: shown this once", text: "Should the phone be lost, each of these logs in once in the place of the six digits. Write them down, print them, or put them into a password manager.", copy: "Copy", copied: "Copied", notCopied: "It could not be copied: select it and copy it yourself.", print: "Print", kept: "I have kept them", of: "{product}, recovery codes of {name}", leave: "Leave this page?", leaveText: "The recovery codes are not shown again." },
  logins: { title: "Where I am logged in", this: "this one", since: "since {time}", until: "until {time}", end: "End", endOthers: "End all others", endOthersTitle: "End all other logins?", endOthersText: "What they are watching stops at once; they have to log in again.", ended: "Ended", onlyThis: "There is no other login.", none: "Logged in nowhere.", unknown: "unknown device", program: "program: {text}", on: "{browser} on {system}", from: "from {address}" },
  tokens: {
    title: "Tokens for programs", text: "For a dashboard or another system. A token never may more than you do, and ends by itself.", add: "New token", none: "There are no tokens.", name: "What for", nameHint: "e.g. district dashboard", verbs: "It may", sites: "Schools", sitesHint: "empty: all that you see", endsOn: "Ends with the day", make: "Make the token", shown: "The token is shown this once. Copy it now:", copy: "Copy", done: "I have it", until: "until {time}", expired: "ended {time}", used: "last used {time}", unused: "not used yet", end: "End", endTitle: "End “{name}”?", endText: "The program that uses it is shut out at once.", nothing: "Your roles have nothing that a program could be given.",
    needName: "Say what it is for.", needVerb: "Choose one thing at least.", needEnd: "Choose a day within a year.", needPassword: "Type your present password.",
  },
  verb: {
    stay_logged_in: "stay logged in", manage_self: "manage its account", be_told: "be told", view: "see live pictures", snapshot: "take snapshots", playback: "see recordings", export: "export clips", seal_evidence: "seal evidence", teach: "teach the analysis", talk: "talk and broadcast", invite: "invite guests", review: "decide on alerts", answer: "answer orders", order: "serve orders", inspect: "inspect", configure: "change rules and settings", see_storage: "see what is stored", change_registry: "register schools and cameras", manage_accounts: "manage people", see_watching: "see who watched", read_audit: "read the audit",
  },
  of: {
    title: "{name}: logins and second factor", open: "Logins…", logins: "Logged in", endAll: "End all", endAllTitle: "Log {name} out everywhere?", endAllText: "What they are watching stops at once. Password and rights stay as they are.", second: "Second factor", take: "Take it away", takeTitle: "Take the second factor of {name} away?", takeText: "Only where phone and recovery codes are lost, and you are sure who asks. The password alone then logs in: ask them to set up another.", taken: "Taken away", tokens: "Tokens for programs",
  },
};

export const refusalEn: AccountRefusals = {
  second_factor_on: "A second factor is on already: turn it off before you set up another.", second_factor_not_begun: "Begin again with the first step.", too_many_tokens: "You have 50 tokens: end one first.", no_second_factor: "This account has no second factor.", no_such_session: "This login has ended already.", no_such_api_token: "This token has ended already.", password_must_change: "Change the password of the first log-in before anything else.",
};
