/** Figures. */

import type { zhCN } from "./words.zh-CN";

export const en: typeof zhCN = {
  title: "Figures", span: "Range", spans: { week: "This week", days30: "30 days", term: "This term", custom: "Choose" }, from: "First day", to: "Last day", site: "School", allSites: "All schools", retry: "Try again",
  by: "Group", groups: { site: "By school", class: "By violation", rule: "By rule", day: "By day", risk: "By risk class", model: "By model" },
  metric: "Compare", metrics: { alerts: "Alerts", false_alarm_rate: "False-alarm rate", eye_median_s: "Time to first eye", order_median_s: "Time to order", correction_rate: "Correction rate", overdue: "Overdue" },
  parts: { confirmed: "confirmed", false: "false alarm", unclear: "unclear", unreviewed: "not reviewed" },
  count: {
    alerts: "Alerts", confirmed: "Confirmed", falseRate: "False-alarm rate", eye: "Time to first eye (median)", order: "Time to order (median)", orders: "Orders", correction: "Correction rate", overdue: "Overdue now",
    ofReviewed: "{n} false of {all} judged", unreviewed: "{n} not reviewed, {m} unclear", p95: "95% within {time}", unseen: "{n} seen by nobody yet, not counted", corrected: "{n} of {all} corrected", late: "{n} answered late", ofAlerts: "{share} of all alerts",
  },
  lasted: { none: "—", s: "{n} s", min: "{n} min", h: "{n} h", d: "{n} days" },
  line: { day: "Alerts by day", week: "Alerts by week (from Monday)", summary: "{from} to {to}: {n} alerts, at most {most} in a {step}.", day1: "day", week1: "week", column: "{day}: {n} alerts" },
  bars: "Groups compared", table: "Show the table", key: "Group", day: "Day",
  risks: {
    title: "Risk score of kitchens", text: "The sum of its terms; class Ⅰ from 20 points, class Ⅱ from 5, else class Ⅲ. A confirmed alert weighs half after 30 days.", score: "{n} points", term: "Term", amount: "Amount", weight: "Weight", points: "Points", none: "No term counts.", more: "Show all {n} schools",
    terms: { confirmed_1: "Confirmed alerts, class Ⅰ", confirmed_2: "Confirmed alerts, class Ⅱ", confirmed_3: "Confirmed alerts, class Ⅲ", overdue: "Orders overdue", answered_late: "Answered late", reopened: "Opened again", found_at_inspection: "Violation found at inspection" },
  },
  exports: { title: "Take along", what: "What", whats: { figures: "Figures (as grouped)", alerts: "Alerts", orders: "Orders", inspections: "Inspections", kitchens: "Risk scores" }, busy: "Preparing…", note: "Every school you may see, in the chosen range; it is put on record." },
  empty: "No alerts in this range", emptyText: "Choose another range or school.", noGroup: "Nothing to compare.",
};
