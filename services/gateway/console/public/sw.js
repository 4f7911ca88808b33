/* Keeps the pages of the console on the phone, so that they open without a network. Nothing of the API is ever kept.
   Shows what is pushed to this device (Web Push), and opens what it is about. */

const CACHE = "bk-shell-1";
const SHELL = "/index.html";
// Names under /assets/ carry a hash: what is kept is right for ever, and what is old is thrown away.
const ASSETS_MAX = 120;
const NETWORK_LIMIT_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(refreshed().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("bk-shell-") && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("message", (event) => {
  const paths = Array.isArray(event.data?.keep) ? event.data.keep : [];
  event.waitUntil(keep(paths.filter((path) => typeof path === "string" && path.startsWith("/assets/"))));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (url.pathname.startsWith("/assets/") || url.pathname === "/icon.svg") event.respondWith(asset(request));
});

/** The newest page where there is a network that answers; else the one that is kept. */
async function page(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(NETWORK_LIMIT_MS) });
  } catch {
    return (await caches.match(SHELL)) ?? Response.error();
  }
}

async function asset(request) {
  const kept = await caches.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}

async function refreshed() {
  const cache = await caches.open(CACHE);
  const shell = await fetch(SHELL, { cache: "no-cache" });
  if (!shell.ok) return;
  const text = await shell.clone().text();
  await cache.put(SHELL, shell);
  const parts = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((found) => found[1]);
  await cache.addAll([...parts, "/icon.svg"]);
}

/** The shell and its parts always belong together: they are read anew with every page that says what it is made of. */
async function keep(paths) {
  await refreshed().catch(() => undefined);
  const cache = await caches.open(CACHE);
  for (const path of paths) if ((await cache.match(path)) === undefined) await cache.add(path).catch(() => undefined);
  const assets = (await cache.keys()).filter((request) => new URL(request.url).pathname.startsWith("/assets/"));
  const old = assets.filter((request) => !paths.includes(new URL(request.url).pathname));
  await Promise.all(old.slice(0, Math.max(0, assets.length - ASSETS_MAX)).map((request) => cache.delete(request)));
}

self.addEventListener("push", (event) => event.waitUntil(show(noteOf(event.data))));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(ours(event.notification.data?.path)));
});

/** What the server encrypted for this device. Nonsense is shown as news without words: a browser ends the subscription
    of a page that is told something and shows nothing. */
function noteOf(data) {
  let said = null;
  try {
    said = data?.json();
  } catch {
    said = null;
  }
  const text = (value) => (typeof value === "string" ? value : "");
  return {
    id: text(said?.id), title: text(said?.title) || "明厨亮灶 Bright Kitchen", text: text(said?.text), path: ours(said?.path),
    tag: text(said?.tag), lang: text(said?.lang), isUrgent: said?.risk === 1,
  };
}

/** A path of this console; anything else leads to its first page. */
function ours(path) {
  if (typeof path !== "string") return "/";
  const url = URL.canParse(path, self.location.origin) ? new URL(path, self.location.origin) : null;
  return url?.origin === self.location.origin ? url.pathname + url.search : "/";
}

async function show(note) {
  await self.registration.showNotification(note.title, {
    body: note.text, tag: note.tag, lang: note.lang, icon: "/icon-192.png", badge: "/icon-192.png", data: { path: note.path },
    // Newer news of the same takes its place, and rings again. What cannot wait stays until somebody has seen it.
    renotify: note.tag !== "", requireInteraction: note.isUrgent,
  });
  // Delivered, as far as somebody is logged in here: nobody waits for it.
  if (note.id !== "") await fetch(`/api/v1/notices/messages/${encodeURIComponent(note.id)}/receipt`, { method: "POST" }).catch(() => undefined);
}

/** In a page that is open, which keeps what is being written or spoken in it; never on the wall screen. */
async function open(path) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const fit = pages.filter((page) => new URL(page.url).pathname !== "/wall");
  const page = fit.find((one) => one.focused) ?? fit[0];
  if (page === undefined) {
    await self.clients.openWindow(path);
    return;
  }
  page.postMessage({ open: path });
  await page.focus();
}
