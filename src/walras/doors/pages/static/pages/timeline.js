// What a person did, newest first. Deeds about one item that follow each other stand as one moment.

import { copyOf, fill } from "/static/elements.js";
import { minutes, nameOf, setTime, t, yuan } from "/static/words.js";

// In the order in which they say more of a person.
const ICONS = {
  exposure: "eye",
  watch: "clock",
  click: "mouse-pointer-click",
  search: "search",
  engage: "check",
  long_view: "play",
  like: "heart",
  comment: "message-circle",
  share: "share",
  save: "bookmark",
  follow: "user-plus",
  unfollow: "user-minus",
  dislike: "eye-off",
  report: "flag",
  block: "ban",
  skip: "skip-forward",
  cart: "shopping-cart",
  order: "shopping-bag",
  gift: "gift",
  rate: "star",
  rate_low: "thumbs-down",
};
const WEIGHT = Object.keys(ICONS);

/** The moments of a history: runs of events about one item, newest first. */
export function momentsOf(events) {
  const moments = [];
  for (const event of [...events].sort((a, b) => b.time_ms - a.time_ms)) {
    const last = moments.at(-1);
    if (last && last.item === event.item && last.owner === event.owner) last.events.push(event);
    else moments.push({ item: event.item, owner: event.owner, time_ms: event.time_ms, events: [event] });
  }
  return sightsTogether(moments);
}

/** Items that were only seen say little one by one: those that follow each other stand as one moment. */
function sightsTogether(moments) {
  const kept = [];
  for (const moment of moments) {
    const onlySeen = moment.events.every((event) => event.outcome === "exposure");
    const last = kept.at(-1);
    if (onlySeen && last?.sights) last.sights += 1;
    else kept.push(onlySeen ? { ...moment, sights: 1 } : moment);
  }
  return kept;
}

/** Show a history; `titleOf` gives an item's title. */
export function showHistory(list, events, titleOf) {
  fill(list, events.length ? momentsOf(events).map((moment) => rowOf(moment, titleOf)) : [nothing()]);
}

function rowOf(moment, titleOf) {
  const row = copyOf("moment");
  const deeds = deedsOf(moment.events);
  const weightiest = deeds.at(-1);
  row.querySelector("use").setAttribute("href", `/static/vendor/lucide.svg#${ICONS[weightiest.outcome] || "dot"}`);
  row.classList.toggle("seen", weightiest.outcome === "exposure");
  const many = moment.sights > 1;
  row.querySelector(".deed").textContent = many ? t("feed.saw", { count: moment.sights }) : deeds.map(wordsOf).join(" · ");
  row.querySelector(".title").textContent = many ? "" : moment.item ? titleOf(moment.item) : moment.owner;
  setTime(row.querySelector("time"), moment.time_ms);
  return row;
}

/** One event of each outcome, those that say most last; a bare sight says nothing beside a deed. */
function deedsOf(events) {
  const byOutcome = new Map(events.map((event) => [event.outcome, event]));
  if (byOutcome.size > 1) byOutcome.delete("exposure");
  return [...byOutcome.values()].sort((a, b) => WEIGHT.indexOf(a.outcome) - WEIGHT.indexOf(b.outcome));
}

function wordsOf(event) {
  const name = nameOf("did", event.outcome);
  const value = event.value ?? 1;
  if (event.outcome === "watch") return t("feed.watched", { length: minutes(value) });
  if (event.outcome === "order" || event.outcome === "gift") return `${name} ${yuan(value, 2)}`;
  return name;
}

function nothing() {
  const row = copyOf("blank");
  row.querySelector("p").textContent = t("feed.before.none");
  row.querySelector("button").remove();
  return row;
}
