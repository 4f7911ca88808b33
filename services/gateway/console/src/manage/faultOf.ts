/** What the server says about one field of a form, or about a part of it. */

export function faultOf(faults: Record<string, string>, ...names: string[]): string {
  const said = Object.entries(faults).filter(([field]) => names.some((name) => {
    const inner = field.startsWith("rule.") ? field.slice("rule.".length) : field;
    return inner === name || inner.startsWith(`${name}.`);
  }));
  return [...new Set(said.map(([, words]) => words))].join(" ");
}
