// The service worker: files under an address with a hash never change and are kept; a page is always asked for anew, and
// where no network is, the offline page stands in. Nothing else is kept, so nobody sees last week's page.

const KEPT = "walras-files-1";
const OFFLINE = "/offline";
const FILES_MAX = 200;
const HASHED = /^\/static\/[0-9a-f]{12}\//;

addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.add(new Request(OFFLINE, { cache: "reload" }))));
  skipWaiting();
});

addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
      .then(() => clients.claim()),
  );
});

addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
  else if (HASHED.test(address.pathname)) event.respondWith(file(event.request));
});

addEventListener("push", (event) => {
  const said = event.data?.json() ?? {};
  if (said.title) event.waitUntil(registration.showNotification(said.title, { body: said.body, data: said.url, tag: said.tag }));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clients.openWindow(event.notification.data || "/inbox"));
});

async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const standIn = await caches.match(OFFLINE);
    if (standIn) return standIn;
    throw error;
  }
}

async function file(request) {
  const kept = await caches.open(KEPT);
  const found = await kept.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) {
    await kept.put(request, answer.clone());
    trim(kept);
  }
  return answer;
}

async function trim(kept) {
  const all = await kept.keys();
  for (const old of all.filter((one) => !one.url.endsWith(OFFLINE)).slice(0, Math.max(0, all.length - FILES_MAX))) await kept.delete(old);
}
