/** What the server says about one field of a form, or about a part of it. */

export function faultOf(faults: Record<string, string>, ...names: string[]): string {
  const said = Object.entries(faults).filter(([field]) => names.some((name) => {
    const inner = field.startsWith("rule.") ? field.slice("rule.".length) : field;
    return inner === name || inner.startsWith(`${name}.`);
  }));
  return [...new Set(said.map(([, words]) => words))].join(" ");
}

/** Refusals without a list of fields that are about one all the same. */
const FIELD_OF_CODE: Record<string, string> = { bad_channel: "address", account_exists: "name", no_such_zone: "time_zone", bad_window: "hours", bad_exception: "exceptions", bad_chain: "steps", no_such_rota: "rota", no_such_rule: "rule", last_administrator: "roles" };
/** The server's names of what the API calls otherwise. */
const FIELD_OF_NAME: Record<string, string> = { until: "end", from: "start" };

/** The fields of a refusal: those it lists, or the one that its code or its first word names ("when: …"). */
export function faultsOf(problem: { fields: Record<string, string>; code: string; message: string }): Record<string, string> {
  if (Object.keys(problem.fields).length > 0) return problem.fields;
  const coded = FIELD_OF_CODE[problem.code];
  if (coded !== undefined) return { [coded]: problem.message };
  const named = /^([a-z_]+(?:\.[a-z0-9_]+)*): (.+)$/s.exec(problem.message);
  if (named?.[1] === undefined || named[2] === undefined) return {};
  return { [FIELD_OF_NAME[named[1]] ?? named[1]]: named[2] };
}
