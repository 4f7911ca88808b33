/** What stands between a person and being told on this device: one word, from what the browser and the server say. */

import type { Schemas } from "@/api/client";

export type Device = Schemas["ChannelAnswer"];
export type Offer = Schemas["PushAnswer"];
export type DeviceState = "unsupported" | "insecure" | "closed" | "denied" | "off" | "on" | "failing";

export interface Browser {
  isSecure: boolean;
  isSupported: boolean;
  permission: NotificationPermission;
  /** Of the channel that this browser's subscription makes; null: it has none. */
  id: string | null;
}

export function stateOf(browser: Browser, offer: Offer, devices: readonly Device[]): DeviceState {
  if (!browser.isSecure) return "insecure";
  if (!browser.isSupported) return "unsupported";
  if (!offer.is_on) return "closed";
  if (browser.permission === "denied") return "denied";
  const here = devices.find((one) => one.id === browser.id);
  if (here === undefined || !here.is_enabled || browser.permission !== "granted") return "off";
  return here.failures > 0 ? "failing" : "on";
}

/** A browser as people call it, for a list of their devices. */
export function nameOf(agent: string): string {
  const of = (names: [RegExp, string][]) => names.find(([sign]) => sign.test(agent))?.[1] ?? "";
  // Chrome calls itself Safari too, and Edge both.
  const browser = of([[/MicroMessenger/, "WeChat"], [/Edg/, "Edge"], [/Firefox|FxiOS/, "Firefox"], [/Chrome|CriOS/, "Chrome"], [/Safari/, "Safari"]]);
  const system = of([[/Android/, "Android"], [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Windows/, "Windows"], [/Mac OS/, "macOS"], [/Linux/, "Linux"]]);
  return [browser, system].filter((part) => part !== "").join(" · ");
}

/** As the server names the device of an endpoint. */
export async function idOf(endpoint: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return `w${[...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 24)}`;
}

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Whether a subscription is bound to that key; one that does not say is taken to be. */
export function isBoundTo(bound: ArrayBuffer | null, key: string): boolean {
  if (bound === null) return true;
  const [one, other] = [new Uint8Array(bound), bytesOf(key)];
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
