/** Duty and escalation: rotas, chains, and whom an alert would be told to. */

import type { DutyRefusals, DutyWords } from "./words.zh-CN";

export const en: DutyWords = {
  readOnly: "Only administrators change rotas and chains.", remove: "Remove", nobody: "nobody on duty", and: ", ",
  now: { title: "On duty now", until: "until {time}", then: "then {who}", always: "for good" },
  rota: {
    title: "Rotas", add: "New rota", edit: "Change the rota", emptyTitle: "No rota yet", emptyText: "With a rota, rules and chains tell whoever is on duty: nobody changes a rule when people change.", removeTitle: "Remove “{name}”?", removeText: "Nobody is told because of it any more.", zone: "Time zone", week: "{from} – {to}", before: "Week before", after: "Week after", this: "This week", exception: "exception", clock: "by the clock of {zone}", row: "{from}–{to} {who}",
    name: "Name", nameHint: "e.g. bureau, holidays", shifts: "Usual week", shiftsHint: "A shift that ends before it begins ends on the next day.", people: "On duty", peopleHint: "choose people", exceptions: "Exceptions and swaps", exceptionsHint: "They count instead of the usual week; the last one goes first.", addException: "Add an exception", from: "From", to: "To", nobodyHint: "empty: nobody on duty", past: "Clear those that are over ({n})", saved: "The rota is saved",
    needTitle: "Enter a name.", badZone: "There is no such time zone; Asia/Shanghai is one.", needDays: "Choose weekdays.", needPeople: "Choose who is on duty.", sameTime: "It cannot end when it begins.", needTimes: "Say when it begins and ends.", endFirst: "It must end after it begins.",
  },
  chain: {
    title: "Escalation", add: "New chain", edit: "Change the chain", emptyTitle: "No chain yet", emptyText: "While nobody takes an alert, a chain tells the next ones, minute by minute, until somebody does.", removeTitle: "Remove “{name}”?", removeText: "Nobody is told by it any more.", step: "Step {n}", at0: "at once", after: "{n} min later, not taken yet", who: "Tell", ends: "Once somebody has taken it nobody else is told.", onDuty: "{rota} (now {who})",
    name: "Name", nameHint: "e.g. class Ⅰ", isEnabled: "Switched on", risk: "Class", sites: "Schools", sitesHint: "units and single schools add up; both empty: all schools", sitesEmpty: "single schools", units: "Units", unitsEmpty: "units: all schools in them and below", allOf: "all of {unit}", kinds: "About", steps: "One after another", minutes: "After minutes", whoHint: "choose rotas or people", addStep: "Add a step", removeStep: "Remove step {n}", saved: "The chain is saved",
    needTitle: "Enter a name.", needKinds: "Choose one thing at least.", needSteps: "One step at least.", badMinutes: "A whole number of minutes, 0 to 10080.", needWho: "Choose a rota or a person.", order: "It cannot come before the step above.",
  },
  preview: {
    title: "Who would be told", text: "If an alert came up at this school at this moment. It only looks: nobody is told.", site: "School", risk: "Class", rule: "Rule", ruleAny: "any that tells supervisors", at: "Moment", atHint: "empty: now", now: "at once", after: "{n} min later", chain: "{name}, step {n}", asked: "by the rule, and by what each asked for", later: "not before {time}", again: "told already, not again", noChannel: "every way to reach them is switched off", nobody: "Nobody would be told.", noChain: "No chain is for this: if nobody takes it, nobody else is told.", emptyRota: "{rota}: nobody on duty then",
    missed: { no_account: "no such account, or it is closed", not_their_school: "does not see this school", switched_off: "has switched notifications off", not_reviewed: "a school hears only after a person has looked" },
  },
};

export const refusalEn: DutyRefusals = {
  bad_window: "Choose the days of each row; it cannot end when it begins.", bad_exception: "An exception ends after it begins.", no_such_zone: "There is no such time zone; Asia/Shanghai is one.", bad_chain: "Put the steps in the order of their minutes, with a person or a rota in each.", no_such_rota: "That rota was removed: choose again.", rota_in_use: "A chain tells this rota: change the chain first.", no_such_rule: "That rule is gone: choose again.", bad_range: "Ask for 32 days at most.", peer_away: "The alerting service does not answer: try again in a moment.",
};
