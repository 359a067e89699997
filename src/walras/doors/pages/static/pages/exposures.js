// An exposure is an item that stood on the screen: at least half of its card, for at least a second, while the page was
// looked at.

const SHARE = 0.5;
const STOOD_MS = 1000;

export class Exposures {
  /** `seen(card)` is called once for each card. */
  constructor(seen) {
    this.seen = seen;
    this.timers = new Map();
    this.watcher = new IntersectionObserver((changes) => changes.forEach((change) => this.#moved(change)), {
      threshold: SHARE,
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.#stop());
  }

  /** Watch these cards and no others. */
  watch(cards) {
    this.#stop();
    this.watcher.disconnect();
    for (const card of cards) this.watcher.observe(card);
  }

  #moved({ target, isIntersecting }) {
    clearTimeout(this.timers.get(target));
    if (isIntersecting && !document.hidden) this.timers.set(target, setTimeout(() => this.#stood(target), STOOD_MS));
  }

  #stood(card) {
    this.watcher.unobserve(card);
    this.timers.delete(card);
    this.seen(card);
  }

  #stop() {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}
