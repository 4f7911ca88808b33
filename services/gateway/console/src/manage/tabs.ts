/** Which pages of managing are offered to whom, so that nobody is led to what the server refuses. */

export const TABS = ["rules", "silences", "notices", "duty", "accounts", "calendars"] as const;
export type Tab = (typeof TABS)[number];

/** `sites`: the only schools this account is about; null: all. */
export function tabsOf(roles: readonly string[], sites: readonly string[] | null | undefined): Tab[] {
  const isAdmin = roles.includes("admin");
  const isDesk = roles.some((role) => role !== "school" && role !== "guest");
  const isDeciding = roles.some((role) => role === "supervisor" || role === "admin");
  const isForAll = sites === null || sites === undefined;
  const may: Record<Tab, boolean> = {
    rules: isDesk, silences: isDesk, notices: true, duty: isDeciding, accounts: isAdmin && isForAll, calendars: isDesk && isForAll,
  };
  return TABS.filter((tab) => may[tab]);
}
