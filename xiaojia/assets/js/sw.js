// Opens the page of drafts without a network. It keeps that page and its files, which hold nobody's data, and nothing else.
const CACHE = "xiaojia-drafts";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const isOurs = url.origin === location.origin && event.request.method === "GET";
  const isKept = url.pathname === new URL(self.registration.scope).pathname || url.pathname.startsWith("/static/");
  if (!isOurs || !isKept) return;
  event.respondWith(fetch(event.request).catch(async () => {
    const kept = await (await caches.open(CACHE)).match(url.pathname);
    return kept || Response.error();
  }));
});
