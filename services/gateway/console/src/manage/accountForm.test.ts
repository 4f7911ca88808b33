import { describe, expect, it } from "vitest";
import { accountChange, accountDraft, accountState, freshPassword, newAccount, wrongAccount } from "./accountForm";
import type { Account } from "./api";

const ACCOUNT: Account = { name: "li", roles: ["supervisor"], is_enabled: true, created_at: "2026-01-01T00:00:00Z", sites: ["a", "b"], units: null, ends_at: null };

describe("an account in a form", () => {
  it("changes nothing when nothing was changed", () => {
    expect(accountChange(accountDraft(ACCOUNT), ACCOUNT)).toEqual({});
    expect(accountChange({ ...accountDraft(ACCOUNT), sites: ["b", "a"] }, ACCOUNT)).toEqual({});
  });

  it("sends only what differs; all schools is not the same as none", () => {
    expect(accountChange({ ...accountDraft(ACCOUNT), isForAll: true, password: "long enough for all" }, ACCOUNT)).toEqual({ sites: null, units: null, password: "long enough for all" });
    expect(accountChange({ ...accountDraft(ACCOUNT), sites: [] }, ACCOUNT)).toEqual({ sites: [] });
    const guest = { ...ACCOUNT, sites: [] };
    expect(accountChange(accountDraft(guest), guest)).toEqual({});
    expect(accountChange({ ...accountDraft(ACCOUNT), roles: ["viewer"], isEnabled: false }, ACCOUNT)).toEqual({ roles: ["viewer"], is_enabled: false });
  });

  it("is limited by units as well as by single schools", () => {
    const keeper: Account = { ...ACCOUNT, sites: null, units: ["east"] };
    expect(accountChange(accountDraft(keeper), keeper)).toEqual({});
    expect(accountDraft(keeper).isForAll).toBe(false);
    expect(accountChange({ ...accountDraft(keeper), units: ["west"] }, keeper)).toEqual({ units: ["west"] });
    expect(accountChange({ ...accountDraft(keeper), isForAll: true }, keeper)).toEqual({ sites: null, units: null });
    expect(accountChange({ ...accountDraft(keeper), units: [], sites: ["a"] }, keeper)).toEqual({ sites: ["a"], units: null });
    expect(wrongAccount({ ...accountDraft(keeper), roles: ["school"] }, false)).toEqual({});
  });

  it("takes an end away", () => {
    const account = { ...ACCOUNT, ends_at: "2026-12-01T08:00:00Z" };
    expect(accountChange(accountDraft(account), account)).toEqual({});
    expect(accountChange({ ...accountDraft(account), endsAt: "" }, account)).toEqual({ ends_at: null });
  });

  it("finds what is wrong", () => {
    expect(wrongAccount({ ...accountDraft(null), name: "a b", roles: [], password: "short" }, true)).toEqual({ name: "badName", roles: "needRole", password: "shortPassword" });
    expect(wrongAccount({ ...accountDraft(null), name: "王伟", roles: ["guest"], password: "long enough" }, true)).toEqual({ ends_at: "guestEnds", sites: "guestSites" });
    expect(wrongAccount({ ...accountDraft(ACCOUNT), roles: ["school"], sites: [] }, false)).toEqual({ sites: "schoolSites" });
    expect(wrongAccount({ ...accountDraft(ACCOUNT), roles: ["admin"] }, false)).toEqual({ sites: "adminSites" });
    expect(wrongAccount(accountDraft(ACCOUNT), false)).toEqual({});
    expect(newAccount({ ...accountDraft(null), name: " li ", password: "long enough" })).toEqual({ name: "li", password: "long enough", roles: ["supervisor"], sites: null, units: null, ends_at: null });
  });

  it.each([
    [{}, "forever"], [{ is_enabled: false }, "disabled"], [{ ends_at: "2026-11-25T10:00:00Z" }, "ended"], [{ ends_at: "2026-11-25T10:00:01Z" }, "until"],
  ])("%j is %s", (change, expected) => {
    expect(accountState({ ...ACCOUNT, ...change }, Date.parse("2026-11-25T10:00:00Z"))).toBe(expected);
  });

  it("makes passwords that differ, of signs nobody mistakes", () => {
    const made = new Set(Array.from({ length: 50 }, () => freshPassword()));
    expect(made.size).toBe(50);
    for (const one of made) expect(one).toMatch(/^([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}$/);
    let at = 0; // bytes that would favour some signs are left out
    expect(freshPassword((bytes) => bytes.map(() => (at++ % 2 === 0 ? 255 : 0)))).toBe("aaaa-aaaa-aaaa-aaaa");
  });
});
