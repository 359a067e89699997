// What the person did, on its way to the log. An event lies in the browser's own database until the log has acknowledged
// it, so neither a closed tab nor a restarted server loses one; its id makes sending it twice harmless.

import { ask, Refusal } from "/static/app/asking.js";

const STORE = "events";
const WAIT_MS = 600;
const RETRY_MS_MAX = 20000;
const BATCH_MAX = 100;
// A browser stops a request that outlives its page beyond 64 kB in all.
const LEAVING_MAX = 40;

let waiting = [];
let timer = 0;
let retryMs = WAIT_MS;
let sending = null;
let base = null;

/** Take up what an earlier visit could not send, and send whenever the page is hidden or the network comes back. */
export async function openOutbox() {
  base = await openedBase().catch(() => null);
  const told = waiting;
  const kept = await keptEvents().catch(() => []);
  const known = new Set(told.map((event) => event.id));
  waiting = [...kept.filter((event) => !known.has(event.id)), ...waiting];
  for (const event of told) keep(event);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  addEventListener("pagehide", leave);
  addEventListener("online", () => flush());
  if (waiting.length) flush();
}

/** Send an event soon, with others of the same moment. */
export function tell(event) {
  const whole = { time_ms: Date.now(), ...event, id: event.id ?? crypto.randomUUID() };
  waiting.push(whole);
  keep(whole);
  clearTimeout(timer);
  timer = setTimeout(flush, WAIT_MS);
}

/** How many events the log has not acknowledged yet. */
export function unsent() {
  return waiting.length;
}

/** Send everything and wait for the log's word; what cannot be sent now is tried again by itself. */
export async function flush() {
  clearTimeout(timer);
  sending ??= sendAll().finally(() => (sending = null));
  await sending;
}

async function sendAll() {
  while (waiting.length) {
    const batch = waiting.slice(0, BATCH_MAX);
    try {
      await ask("POST", "/v1/events", { events: batch });
    } catch (error) {
      if (isHopeless(error)) forget(batch);
      else return later();
      continue;
    }
    forget(batch);
    retryMs = WAIT_MS;
  }
}

/** The page goes away: hand over what waits without waiting for an answer. It stays kept until a later one. */
function leave() {
  const batch = waiting.slice(0, LEAVING_MAX);
  if (batch.length) ask("POST", "/v1/events", { events: batch }, { keepalive: true }).then(() => forget(batch), () => {});
}

function later() {
  retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  timer = setTimeout(flush, retryMs);
}

/** No later attempt would do better: the events themselves are refused. */
function isHopeless(error) {
  return error instanceof Refusal && error.status >= 400 && error.status < 500 && ![401, 403, 429].includes(error.status);
}

function forget(batch) {
  const ids = new Set(batch.map((event) => event.id));
  waiting = waiting.filter((event) => !ids.has(event.id));
  if (base) for (const id of ids) base.transaction(STORE, "readwrite").objectStore(STORE).delete(id);
}

function keep(event) {
  if (base) base.transaction(STORE, "readwrite").objectStore(STORE).put(event);
}

function openedBase() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("walras", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

function keptEvents() {
  if (!base) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    const reading = base.transaction(STORE).objectStore(STORE).getAll();
    reading.onsuccess = () => resolve(reading.result);
    reading.onerror = () => reject(reading.error);
  });
}
