// What is known of the cards on the screen, and what the person does with them: at once, and rolled back where it fails.

import { signal } from "@preact/signals";

import { attempt, say } from "/static/app/notes.js";
import { ask } from "/static/app/asking.js";
import { tell } from "/static/app/outbox.js";
import { eventOf } from "/static/video/watching.js";
import { t } from "/static/words.js";

// So many videos of the screen are named when more are asked for; older ones the log knows by then.
const SEEN_MAX = 60;
let showings = 0;

/** Make a card that can change: its counts and what the person has said of it are signals. */
export function live(card, surface) {
  showings += 1;
  return {
    ...card,
    surface,
    showing: `${Date.now().toString(36)}${showings}`,
    liked: signal(card.mine.liked),
    saved: signal(card.mine.saved),
    followed: signal(card.maker.followed),
    counts: signal(card.counts),
    gone: signal(""),
  };
}

/** Like, or take it back. */
export function like(card, wanted = !card.liked.value) {
  if (card.liked.value === wanted) return;
  card.liked.value = wanted;
  count(card, "likes", wanted ? 1 : -1);
  tell(wanted ? eventOf(card, "like") : eventOf(card, "retract", { context: { of: "like" } }));
}

/** Keep for later, or no more. */
export function save(card) {
  card.saved.value = !card.saved.value;
  count(card, "saves", card.saved.value ? 1 : -1);
  tell(card.saved.value ? eventOf(card, "save") : eventOf(card, "retract", { context: { of: "save" } }));
  say(t(card.saved.value ? "reel.kept" : "reel.kept-no-more"));
}

/** Follow the maker, or no more. */
export function follow(card) {
  card.followed.value = !card.followed.value;
  tell(eventOf(card, card.followed.value ? "follow" : "unfollow", { owner: card.maker.id }));
}

/** Pass it on: by the device's own sheet where it has one, else by the clipboard. */
export async function share(card) {
  const address = new URL(`/v/${card.id}`, location.href).href;
  const shared = navigator.share
    ? await navigator.share({ title: card.title, url: address }).then(() => true, () => false)
    : await attempt(() => navigator.clipboard.writeText(address).then(() => true, () => false));
  if (!shared) return;
  count(card, "shares", 1);
  tell(eventOf(card, "share"));
  if (!navigator.share) say(t("reel.copied"));
}

/** Not interested; the card leaves, and can be called back for some seconds. */
export function dislike(card, leave) {
  leave(t("reel.less-of-this"), () => tell(eventOf(card, "dislike")));
}

/** Say that it is harmful, and why. */
export function report(card, reason) {
  tell(eventOf(card, "report", { context: { reason } }));
  say(t("reel.reported"));
}

/** See nothing of this maker any more. */
export function block(card) {
  tell(eventOf(card, "block", { owner: card.maker.id }));
  say(t("reel.blocked", { name: card.maker.name }), () => tell(eventOf(card, "unblock", { owner: card.maker.id })));
}

/** The cards of one page of a tab. */
export async function pageOf(tab, count, feed, seen = []) {
  const query = new URLSearchParams({ tab, n: count });
  for (const id of seen.slice(-SEEN_MAX)) query.append("seen", id);
  if (feed) query.set("feed", feed);
  const page = await ask("GET", `/app/feed?${query}`);
  return { ...page, cards: page.cards.map((card) => live(card, page.surface ?? tab)) };
}

function count(card, what, by) {
  card.counts.value = { ...card.counts.value, [what]: Math.max(0, card.counts.value[what] + by) };
}
