// The vertical feed: one video a screen, the next one ready, far ones let go. Fingers, wheel and keys move it; keys
// pressed at the end wait for the next page.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { Refusal, sentenceOf } from "/static/app/asking.js";
import { html, Icon } from "/static/app/html.js";
import { me } from "/static/app/me.js";
import { say } from "/static/app/notes.js";
import { unsent } from "/static/app/outbox.js";
import { place } from "/static/app/router.js";
import { Card } from "/static/video/card.js";
import { pageOf } from "/static/video/cards.js";
import { listenToKeys } from "/static/video/keys.js";
import { fetchSheets, SheetOf } from "/static/video/sheets.js";
import { muted } from "/static/video/sound.js";
import { t } from "/static/words.js";

const PAGE = 8;
// So many cards before the last one the next page is asked for.
const AHEAD = 4;
// Cards this far from the present one hold a video; the rest are empty places of the same height.
const NEAR = 1;
// A smooth movement over one card has ended by then.
const INSIST_MS = 600;
// The next card is fetched once the present one plays, or after this time where it does not.
const SETTLED_MS = 1200;
const TABS = { "/": "for_you", "/following": "following", "/friends": "friends", "/nearby": "nearby" };

/** Each tab is a screen of its own. */
export const sameFor = () => `feed ${location.pathname}`;

const kept = new Map();

/** What a tab shows and where the person is in it; kept while the app lives, so that going back finds it as it was. */
class Reel {
  constructor(tab) {
    this.tab = tab;
    this.cards = signal([]);
    this.at = signal(0);
    // Cards around this one are there; it follows when the present one plays, so that nothing delays its first frame.
    this.around = signal(-1);
    this.state = signal("loading");
    this.trouble = signal("");
    // Where the person is on the way to; several keys in a row count from here.
    this.aim = 0;
    this.moves = 0;
  }

  /** A card has come into view. While keys move the screen elsewhere it is one on the way, and plays no more. */
  arrive(at) {
    if (this.moving && at !== this.aim) return;
    this.at.value = at;
    this.rest();
  }

  /** The card on the screen is the one that was meant: what comes next counts from it. */
  rest() {
    this.moving = false;
    this.aim = this.at.value;
  }

  /** The present card plays, or has had its time to. */
  settle() {
    this.around.value = this.at.value;
  }

  /** Fetch the next page; where one is on its way, wait for that. */
  more() {
    this.fetching ??= this.#fetch().finally(() => (this.fetching = undefined));
    return this.fetching;
  }

  async #fetch() {
    if (this.state.value === "end" || this.state.value === "over") return;
    try {
      const known = new Set(this.cards.value.map((card) => card.id));
      const page = await pageOf(this.tab, PAGE, new URLSearchParams(location.search).get("feed"), [...known]);
      const fresh = page.cards.filter((card) => !known.has(card.id));
      this.cards.value = [...this.cards.value, ...fresh];
      this.state.value = fresh.length ? "ready" : "end";
      this.trouble.value = "";
    } catch (error) {
      // Over the day's limit nothing goes on playing, not even what is there already.
      const over = isOver(error);
      if (over) this.cards.value = [];
      this.state.value = over ? "over" : "trouble";
      this.trouble.value = sentenceOf(error);
    }
  }

  /** Move by some cards. What is beyond the end is remembered until the next page comes. */
  move(by) {
    const wanted = this.aim + by + this.moves;
    const last = this.cards.value.length - 1;
    this.moves = 0;
    if (wanted > last && this.state.value !== "end") {
      this.moves = wanted - last;
      const there = this.cards.value.length;
      // Keys that no page came for are forgotten.
      this.more().then(() => (this.cards.value.length > there && this.moves ? this.show(this.move(0)) : (this.moves = 0)));
    }
    this.moving = true;
    this.aim = Math.max(0, Math.min(wanted, last));
    return this.aim;
  }
}

function reelOf(tab) {
  if (!kept.has(tab)) kept.set(tab, new Reel(tab));
  return kept.get(tab);
}

// What the page brought along is taken before anything is drawn.
if (TABS[place.value.path]) reelOf(TABS[place.value.path]).more();

export default function Feed() {
  const reel = reelOf(TABS[place.value.path] ?? "for_you");
  const list = useRef(null);
  const sheet = useRef(signal(null)).current;
  const open = (kind, card) => (sheet.value = { kind, card });

  useEffect(() => {
    if (!reel.cards.value.length) reel.more();
    else list.current?.children[reel.at.value]?.scrollIntoView({ behavior: "instant" });
    return watchPlaces(list.current, reel);
  }, [reel]);
  useEffect(() => settling(list.current, reel), [reel, reel.at.value, reel.cards.value.length > 0]);
  useEffect(() => listenToKeys({ reel, list, open, muted, isOpen: () => sheet.value !== null }), [reel]);
  useEffect(() => {
    if (reel.cards.value.length - reel.at.value <= AHEAD && reel.state.value === "ready") reel.more();
  }, [reel.at.value, reel.cards.value.length]);

  useEffect(() => {
    // Whoever is in teen mode is asked of again when the day's minutes should be over.
    if (!me.value.teen) return undefined;
    const timer = setTimeout(() => reel.more(), (me.value.teen_seconds_left ?? 0) * 1000 + 1000);
    return () => clearTimeout(timer);
  }, [me.value.teen, me.value.teen_seconds_left]);

  const leave = (card, sentence, then) => leaving(reel, card, sentence, then);
  return html`<div class="feed">
    <${Tabs} />
    <h1 class="unseen">${t(`reel.tab.${reel.tab}`)}</h1>
    <ol class="reel" ref=${list} aria-label=${t(`reel.tab.${reel.tab}`)}>
      ${reel.cards.value.map((card, at) => {
        const isHere = at === reel.at.value;
        const isNear = reel.around.value >= 0 && Math.abs(at - reel.around.value) <= NEAR;
        return html`<li key=${card.showing} class="slot" data-at=${at} inert=${!isHere}>
          ${(isHere || isNear) && html`<${Card} card=${card} present=${isHere} ahead=${isHere || !isThrifty()} muted=${muted} open=${open} leave=${leave} />`}
        </li>`;
      })}
      ${!reel.cards.value.length && html`<li class="slot"><${Empty} reel=${reel} /></li>`}
      ${reel.cards.value.length > 0 && reel.state.value !== "ready" && html`<li class="slot short"><${Tail} reel=${reel} /></li>`}
    </ol>
    <${SheetOf} sheet=${sheet} leave=${leave} />
  </div>`;
}

function Tabs() {
  return html`<nav class="feed-tabs" aria-label=${t("reel.tabs")}>
    ${Object.entries(TABS).map(
      ([path, tab]) =>
        html`<a href=${path} key=${tab} aria-current=${place.value.path === path ? "page" : undefined}>${t(`reel.tab.${tab}`)}</a>`,
    )}
    <a class="feed-dials" href="/feeds" aria-label=${t("reel.dials")} title=${t("reel.dials")}><${Icon} name="sliders-horizontal" /></a>
  </nav>`;
}

function Empty({ reel }) {
  if (reel.state.value === "loading") {
    return html`<div class="card skeleton" role="status"><span class="spinner"></span><span class="unseen">${t("app.loading")}</span></div>`;
  }
  if (reel.state.value === "trouble") return html`<${Trouble} reel=${reel} />`;
  if (reel.state.value === "over") {
    return html`<div class="middle on-stage" role="alert"><${Icon} name="moon" /><h2>${t("reel.teen")}</h2><p>${reel.trouble.value}</p></div>`;
  }
  return html`<div class="middle on-stage">
    <${Icon} name="film" />
    <h2>${t(`reel.empty.${reel.tab}`)}</h2>
    <p>${t(`reel.empty.${reel.tab}.more`)}</p>
    ${reel.tab !== "for_you" && html`<a class="button" href="/">${t("reel.tab.for_you")}</a>`}
  </div>`;
}

function Tail({ reel }) {
  if (reel.state.value === "trouble") return html`<${Trouble} reel=${reel} />`;
  if (reel.state.value === "end") {
    return html`<div class="middle on-stage"><${Icon} name="circle-check" /><p>${t("reel.all-seen")}</p>
      <button type="button" class="button" onClick=${() => again(reel)}>${t("app.again")}</button></div>`;
  }
  return html`<div class="middle on-stage" role="status"><span class="spinner"></span></div>`;
}

function Trouble({ reel }) {
  return html`<div class="middle on-stage" role="alert">
    <${Icon} name="wifi-off" />
    <p>${reel.trouble.value}</p>
    ${unsent() > 0 && html`<p class="quiet">${t("reel.unsent", { count: unsent() })}</p>`}
    <button type="button" class="button" onClick=${() => again(reel)}>${t("app.again")}</button>
  </div>`;
}

/** Whether nothing should be fetched that may never be watched. */
function isThrifty() {
  return me.value.reduced_data || navigator.connection?.saveData === true;
}

function isOver(error) {
  return error instanceof Refusal && ["teen-time", "teen-quiet"].includes(error.code);
}

function again(reel) {
  reel.state.value = "loading";
  reel.more();
}

/** The card goes on to the next; what was meant happens unless it is taken back. */
function leaving(reel, card, sentence, then) {
  const timer = setTimeout(then, 5000);
  const back = reel.at.value;
  card.gone.value = sentence;
  reel.show(reel.move(1));
  say(sentence, () => {
    clearTimeout(timer);
    card.gone.value = "";
    reel.show(reel.move(back - reel.aim));
  });
}

/** Once the present card plays, its neighbours are fetched, and what is only needed later. */
function settling(element, reel) {
  const settle = () => {
    stop();
    reel.settle();
    fetchSheets();
  };
  const hear = (event) => Number(event.target.closest("li")?.dataset.at) === reel.at.value && settle();
  const timer = setTimeout(settle, SETTLED_MS);
  // The first frame says it sooner than the first change of time: the next film has that much longer to come.
  const video = element.children[reel.at.value]?.querySelector("video");
  const frame = video?.requestVideoFrameCallback?.(settle);
  const stop = () => {
    clearTimeout(timer);
    if (frame) video.cancelVideoFrameCallback(frame);
    element.removeEventListener("timeupdate", hear, true);
  };
  element.addEventListener("timeupdate", hear, true);
  return stop;
}

/** Bring a slot onto the screen. Over more than one card, and where motion is not wanted, at once. */
function showSlot(element, at) {
  const slot = element.children[at];
  if (!slot) return;
  const near = Math.abs(slot.offsetTop - element.scrollTop) <= element.clientHeight * 1.5;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  slot.scrollIntoView({ behavior: near && !still ? "smooth" : "instant", block: "start" });
}

function isShown(element, slot) {
  return Math.abs(slot.offsetTop - element.scrollTop) < element.clientHeight * 0.4;
}

/** The card that fills most of the screen is the present one. */
function watchPlaces(element, reel) {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) reel.arrive(Number(entry.target.dataset.at));
    },
    { root: element, threshold: 0.6 },
  );
  const learn = () => {
    for (const slot of element.querySelectorAll("li[data-at]")) seen.observe(slot);
  };
  const grown = new MutationObserver(learn);
  grown.observe(element, { childList: true });
  learn();
  const rest = () => reel.rest();
  for (const name of ["touchstart", "wheel"]) element.addEventListener(name, rest, { passive: true });
  let timer = 0;
  // A browser that snaps may go back to where it stood while cards are drawn anew: what was meant is then shown again.
  const insist = (tries) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const meant = element.children[reel.aim];
      if (!reel.moving || !meant) return;
      // Who turned back halfway finds the card still in view: no observer says that it has come.
      if (isShown(element, meant)) return reel.arrive(reel.aim);
      if (!tries) return reel.rest();
      meant.scrollIntoView({ behavior: "instant", block: "start" });
      insist(tries - 1);
    }, INSIST_MS);
  };
  reel.show = (at) => {
    showSlot(element, at);
    // It plays from now on, and not from when the browser has seen it come.
    if (element.children[at]?.dataset.at) reel.at.value = at;
    insist(5);
  };
  return () => {
    clearTimeout(timer);
    for (const name of ["touchstart", "wheel"]) element.removeEventListener(name, rest);
    seen.disconnect();
    grown.disconnect();
  };
}
