/** This browser's subscription: made, told to the server, and taken back. */

import { call, send } from "@/api/client";
import { keepForOffline } from "@/loop/installed";
import { idOf, isBoundTo, bytesOf, nameOf, type Browser, type Device, type Offer } from "./state";

/** Whose notifications this device shows, so that nobody after them sees them. */
const KEY = "bk-push";
const FAREWELL_MS = 5000;

interface List {
  items: Device[];
}

export const push = {
  offer: () => call<Offer>("GET", "/notices/push"),
  devices: async () => (await call<List>("GET", "/notices/devices")).items,
  test: (id: string) => call<{ is_ok: boolean; said: string }>("POST", `/notices/devices/${encodeURIComponent(id)}/test`),
};

/** What `PushManager.subscribe` refuses: the browser does not reach its own push service. */
export class NoPushService extends Error {}

const isSupported = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

async function subscription(): Promise<PushSubscription | null> {
  if (!isSupported()) return null;
  return (await (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription()) ?? null;
}

export async function browserNow(): Promise<Browser> {
  const there = await subscription();
  return {
    isSecure: window.isSecureContext,
    isSupported: isSupported(),
    permission: "Notification" in window ? Notification.permission : "default",
    id: there === null ? null : await idOf(there.endpoint),
  };
}

/** The browser asks its person first. False where they said no. */
export async function turnOn(person: string, offer: Offer): Promise<boolean> {
  if ((await Notification.requestPermission()) !== "granted") return false;
  await keepForOffline();
  const { pushManager } = await navigator.serviceWorker.ready;
  let there = await pushManager.getSubscription();
  if (there !== null && !isBoundTo(there.options.applicationServerKey, offer.public_key)) {
    await there.unsubscribe();
    there = null;
  }
  there ??= await subscribed(pushManager, offer.public_key);
  const { endpoint, keys } = there.toJSON();
  await call<Device>("POST", "/notices/devices", { endpoint, keys: { p256dh: keys?.["p256dh"], auth: keys?.["auth"] }, title: nameOf(navigator.userAgent) });
  localStorage.setItem(KEY, person);
  return true;
}

async function subscribed(manager: PushManager, key: string): Promise<PushSubscription> {
  try {
    return await manager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
  } catch (error) {
    if (error instanceof DOMException) throw new NoPushService(error.message);
    throw error;
  }
}

/** Told to the server while the login still counts; where it does not hear, the push service tells it later. */
export async function turnOff(): Promise<void> {
  localStorage.removeItem(KEY);
  const there = await subscription();
  if (there === null) return;
  await Promise.allSettled([
    send("DELETE", `/notices/devices/${await idOf(there.endpoint)}`, null, "", { limitMs: FAREWELL_MS }), there.unsubscribe(),
  ]);
}

/** Somebody else has logged in here: the last one's notifications are not theirs to see. */
export async function leaveTo(person: string): Promise<void> {
  const before = localStorage.getItem(KEY);
  if (before === null || before === person) return;
  localStorage.removeItem(KEY);
  await (await subscription())?.unsubscribe();
}

/** What was switched on here and got lost by the browser, or is bound to a key that is not ours any more, is made anew. */
export async function restore(person: string): Promise<void> {
  if (localStorage.getItem(KEY) !== person || !isSupported() || Notification.permission !== "granted") return;
  const there = await subscription();
  const offer = await push.offer();
  if (offer.is_on && (there === null || !isBoundTo(there.options.applicationServerKey, offer.public_key))) await turnOn(person, offer);
}
