/** Whether the server has a newer console than the one that runs here. Names under /assets/ carry a hash of what they hold. */

const MODULE = /<script[^>]*\btype="module"[^>]*\bsrc="([^"]+)"/g;

export function scriptsOf(html: string): string[] {
  return [...html.matchAll(MODULE)].map((found) => found[1]!).sort();
}

/** An answer without scripts is no console: a page of a proxy, or a server that starts. */
export function isNewer(running: string[], html: string): boolean {
  const offered = scriptsOf(html);
  return offered.length > 0 && offered.join(" ") !== [...running].sort().join(" ");
}

/** Where two servers differ for a while nobody reloads all the time. */
export function mayReload(lastMs: number, nowMs: number): boolean {
  return nowMs - lastMs > 300_000 || nowMs < lastMs;
}
