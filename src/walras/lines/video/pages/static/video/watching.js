// Seconds watched, as the player measures them: only while the card is the present one, visible and playing.

import { tell } from "/static/app/outbox.js";

const SKIPPED_S = 2.5;
const LONG_S = 18;

/** Measures one showing of a card and tells the log when it ends. */
export class Watching {
  constructor(card) {
    this.card = card;
    this.seconds = 0;
    this.part = 0;
    this.since = 0;
    this.told = new Set();
    tell(this.#event("exposure"));
  }

  /** The video moves (or stands still) from now on. */
  moves(isMoving) {
    if (isMoving && !this.since) this.since = performance.now();
    if (!isMoving && this.since) {
      this.seconds += (performance.now() - this.since) / 1000;
      this.since = 0;
    }
  }

  /** The page goes out of sight: what was watched so far is told, and counting goes on when it comes back. */
  pauses() {
    const moving = Boolean(this.since);
    this.moves(false);
    this.#tellSeconds();
    return moving;
  }

  /** The card is left. */
  ends() {
    this.moves(false);
    const whole = this.#tellSeconds();
    if (whole < SKIPPED_S) this.#once("skip");
    else if (whole >= Math.min(this.card.duration_s * 0.95, LONG_S)) this.#once("long_view");
  }

  #tellSeconds() {
    const seconds = this.seconds;
    this.whole = (this.whole ?? 0) + seconds;
    this.seconds = 0;
    if (seconds >= 0.2) {
      this.part += 1;
      tell({ ...this.#event("watch", `watch:${this.part}`), value: Math.round(seconds * 100) / 100 });
    }
    return this.whole;
  }

  #once(outcome) {
    if (this.told.has(outcome)) return;
    this.told.add(outcome);
    tell(this.#event(outcome));
  }

  #event(outcome, name = outcome) {
    return eventOf(this.card, outcome, { id: `${this.card.page || "open"}:${this.card.showing}:${this.card.id}:${name}` });
  }
}

/** An event about a card, with the page and the place it came from. */
export function eventOf(card, outcome, more = {}) {
  const origin = card.page ? { page: card.page, place: card.place, surface: card.surface } : {};
  return { outcome, item: card.id, ...origin, ...more };
}
