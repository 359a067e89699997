// What the last page and this one are made of, side by side: whether what was done changed anything is seen, not said.

import { bar, copyOf, fill } from "/static/elements.js";
import { list as listed, sentences, t } from "/static/words.js";

const SHOWN = 5;

/** Show how often each topic stands on a page and stood on the one before. */
export function showChange(frame, before, now) {
  frame.hidden = !before || !now.places.length;
  if (frame.hidden) return;
  const were = countsOf(before);
  const are = countsOf(now);
  const topics = [...new Set([...are.keys(), ...were.keys()])];
  const moved = topics
    .map((topic) => ({ topic, was: were.get(topic) || 0, is: are.get(topic) || 0 }))
    .sort((a, b) => Math.abs(b.is - b.was) - Math.abs(a.is - a.was) || b.is - a.is);
  fill(frame, [sentence(before, now, moved), rows(moved.slice(0, SHOWN))]);
}

function countsOf(page) {
  const counts = new Map();
  for (const place of page.places) {
    const topic = place.topics?.[0];
    if (topic) counts.set(topic, (counts.get(topic) || 0) + 1);
  }
  return counts;
}

function sentence(before, now, moved) {
  const old = new Set(before.places.map((place) => place.item));
  const fresh = now.places.filter((place) => !old.has(place.item)).length;
  const more = moved.filter((row) => row.is > row.was).slice(0, 2);
  const words = document.createElement("p");
  words.textContent = sentences([
    t("change.new", { count: fresh, of: now.places.length }),
    more.length ? t("change.more", { topics: listed(more.map((row) => row.topic)) }) : t("change.same"),
  ]);
  return words;
}

function rows(moved) {
  const list = document.createElement("ul");
  list.className = "bars";
  const most = Math.max(...moved.map((row) => Math.max(row.is, row.was)), 1);
  fill(list, moved.map((row) => bar(copyOf("bar"), row.topic, t("change.figure", { was: row.was, is: row.is }), row.is / most)));
  return list;
}
