/** Which pages of managing are offered to whom, so that nobody is led to what the server refuses. */

export const TABS = ["rules", "silences", "notices", "duty", "accounts", "organisation", "import", "calendars", "public", "storage", "models"] as const;
export type Tab = (typeof TABS)[number];

/** `sites`: the only schools this account is about; null: all. */
export function tabsOf(roles: readonly string[], sites: readonly string[] | null | undefined): Tab[] {
  const isAdmin = roles.includes("admin");
  const isRegistrar = isAdmin || roles.includes("sre");
  const isDesk = roles.some((role) => !["school", "guest", "sre", "auditor"].includes(role));
  const isDeciding = roles.some((role) => ["supervisor", "chief", "admin"].includes(role));
  const isRunning = isRegistrar || roles.includes("chief");
  const isForAll = sites === null || sites === undefined;
  const may: Record<Tab, boolean> = {
    rules: isDesk, silences: isDesk, notices: true, duty: isDeciding, accounts: isAdmin && isForAll, organisation: isRegistrar && isForAll, import: isRegistrar && isForAll, calendars: isDesk && isForAll, public: isAdmin && isForAll,
    storage: isRunning && isForAll, models: isRunning && isForAll,
  };
  return TABS.filter((tab) => may[tab]);
}
