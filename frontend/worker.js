// Keeps the entries that were seen last, and one's own, for where there is no signal. `MADE` is put before it by
// directory/web/offline.py: the version and files of the shell, the time zone, whether reading needs signing in, and for
// how many milliseconds an answer is waited for, the language of whoever asked for this, its months, and am and pm.
// What is kept is only ever /services/…/offline: an entry as anybody may read it, with nobody's name and no form in it.
const SHELL = `shell-${MADE.version}`;
const MOST_SEEN = 30;
const HOUR = 3600 * 1000;
const ENTRY = /^\/services\/[^/?#]+$/;
// What is read on a doorstep, and quickly made: who waits longer for it waits for a network that answers nothing.
const READ = /^\/(find|services\/[^/?#]+)?$/;
// A copy is somebody's only where reading is.
// Without the cookie in which a language was chosen, it is asked for by its name.
const HEADERS = { "Accept-Language": MADE.language };
// There is one copy of each, whatever it was asked for with.
const SHOWN = { ignoreVary: true };
const ASKING = { credentials: MADE.signedIn ? "same-origin" : "omit", cache: "no-cache", headers: HEADERS };

self.addEventListener("install", (event) => event.waitUntil(begin()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function begin() {
  const shell = await caches.open(SHELL);
  await shell.addAll(MADE.shell.map((path) => new Request(path, { credentials: "omit", headers: HEADERS })));
  await self.skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith("shell-") && name !== SHELL) await caches.delete(name);
  }
  // The page is asked for while the worker wakes.
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

// One message at a time, so that no two write the same list.
let last = Promise.resolve();
self.addEventListener("message", (event) => {
  last = last.then(() => keep(event.data)).catch(() => {});
  event.waitUntil(last);
});

async function keep({ entry, isOwn, own, signedIn }) {
  if (!signedIn) await (MADE.signedIn ? forget() : caches.delete("own"));
  if (own) await keepOwn(own.filter((href) => ENTRY.test(href)));
  if (entry && ENTRY.test(entry)) await take(isOwn ? "own" : "seen", entry, 0);
  const seen = await caches.open("seen");
  const kept = await seen.keys();
  for (const request of kept.slice(0, Math.max(0, kept.length - MOST_SEEN))) await seen.delete(request);
}

async function keepOwn(own) {
  const cache = await caches.open("own");
  for (const request of await cache.keys()) {
    if (!own.includes(new URL(request.url).pathname)) await cache.delete(request);
  }
  for (const href of own) await take("own", href, HOUR);
}

// Take a copy of an entry, unless there is one younger than so many milliseconds.
async function take(name, href, young) {
  const cache = await caches.open(name);
  const kept = await cache.match(href);
  if (kept && Date.now() - new Date(kept.headers.get("Date")) < young) return;
  // One that never comes must not hold up what is to be kept next.
  const answer = await fetch(`${href}/offline`, { ...ASKING, signal: AbortSignal.timeout(4 * MADE.patience) });
  if (answer.status >= 500) return;
  // What may no longer be read, or is no longer there, is not kept; what was seen last stands last.
  await cache.delete(href);
  if (answer.ok && !answer.redirected) await cache.put(href, await stamped(answer));
}

async function stamped(answer) {
  const date = answer.headers.get("Date") || new Date().toUTCString();
  const html = (await answer.text()).replace("<time>now</time>", `<time>${moment(new Date(date))}</time>`);
  const headers = { "Content-Type": "text/html; charset=utf-8", Date: date };
  headers["Content-Security-Policy"] = answer.headers.get("Content-Security-Policy");
  return new Response(html, { headers });
}

// 22 November 2026, 8:40pm
function moment(at) {
  const form = { day: "numeric", month: "numeric", year: "numeric", hour: "numeric", minute: "2-digit", hour12: true };
  const parts = new Intl.DateTimeFormat("en-GB", { ...form, timeZone: MADE.zone }).formatToParts(at);
  const { day, month, year, hour, minute, dayPeriod } = Object.fromEntries(parts.map((it) => [it.type, it.value]));
  const half = MADE.halves[dayPeriod.toLowerCase() === "am" ? 0 : 1];
  return `${day} ${MADE.months[month - 1]} ${year}, ${Number(hour) || 12}${minute === "00" ? "" : `:${minute}`}${half}`;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && url.pathname === "/sign-out") event.waitUntil(forget());
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event, url.pathname));
  else if (MADE.shell.includes(url.pathname + url.search)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});

// From the network wherever there is one that answers; nothing kept is ever shown instead of what holds.
async function page(event, path) {
  const asked = fetched(event);
  // Also where nobody waits for it any more.
  asked.catch(() => {});
  try {
    return await (READ.test(path) ? Promise.race([asked, outOfPatience()]) : asked);
  } catch {
    return (await copyOf(path)) ?? (await caches.match("/offline", SHOWN)) ?? Response.error();
  }
}

async function fetched(event) {
  return (await event.preloadResponse) ?? (await fetch(event.request));
}

function outOfPatience() {
  return new Promise((_, fail) => setTimeout(fail, MADE.patience));
}

// The copy of an entry, with a warning wherever a change that was known of has come meanwhile.
async function copyOf(path) {
  const kept = (await caches.match(path, { cacheName: "own" })) ?? (await caches.match(path, { cacheName: "seen" }));
  if (!kept) return null;
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: MADE.zone }).format(new Date());
  const html = (await kept.text()).replace(/ data-from="(\d{4}-\d\d-\d\d)" hidden/g, (all, day) => (day <= today ? "" : all));
  return new Response(html, { headers: kept.headers });
}

async function forget() {
  for (const name of ["own", "seen"]) await caches.delete(name);
}
