// What the person did, on its way to the log. An event stays here until the log has acknowledged it; its id is made of
// page, place and outcome, so sending it again changes nothing.

import { ask, Refusal } from "/static/requests.js";

const WAIT_MS = 800;
const RETRY_MS_MAX = 15000;
const BATCH_MAX = 200;

export class Outbox {
  /** `acknowledged(events)` hears of every batch the log took, `troubled(error)` of every one it did not. */
  constructor(acknowledged, troubled) {
    this.waiting = [];
    this.held = new Map();
    this.acknowledged = acknowledged;
    this.troubled = troubled;
    this.sending = null;
    this.retryMs = WAIT_MS;
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.flush(true));
  }

  /** Send an event soon, with others of the same moment. */
  put(event) {
    this.waiting.push(event);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush().catch(() => {}), WAIT_MS);
  }

  /** Keep an event back for some seconds, so that it can be taken back; `flush` sends it at once. */
  hold(event, seconds) {
    this.held.set(event.id, { event, timer: setTimeout(() => this.release(event.id), seconds * 1000) });
  }

  /** Take back an event that is held; false where it has gone already. */
  takeBack(id) {
    clearTimeout(this.held.get(id)?.timer);
    return this.held.delete(id);
  }

  /** Send everything, held events too, and wait for the log's word. */
  async flush(leaving = false) {
    for (const id of [...this.held.keys()]) this.release(id);
    clearTimeout(this.timer);
    if (this.sending) await this.sending.catch(() => {});
    while (this.waiting.length) {
      this.sending = this.#send(this.waiting.slice(0, BATCH_MAX), leaving);
      await this.sending.finally(() => (this.sending = null));
    }
  }

  release(id) {
    const { event, timer } = this.held.get(id);
    clearTimeout(timer);
    this.held.delete(id);
    this.put(event);
  }

  async #send(batch, leaving) {
    try {
      await ask("POST", "/v1/events", batch, { keepalive: leaving });
    } catch (error) {
      this.#keepOrDrop(batch, error);
      throw error;
    }
    this.waiting.splice(0, batch.length);
    this.retryMs = WAIT_MS;
    this.acknowledged(batch);
  }

  #keepOrDrop(batch, error) {
    const hopeless = error instanceof Refusal && error.status < 500 && error.status !== 429 && error.status !== 401;
    if (hopeless) {
      this.waiting.splice(0, batch.length);
    } else {
      this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX);
      this.timer = setTimeout(() => this.flush().catch(() => {}), this.retryMs);
    }
    this.troubled(error);
  }
}
