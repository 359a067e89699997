// The feed by keyboard.

import { dislike, follow, like, save } from "/static/video/cards.js";

/** Listen until the feed goes away; keys meant for a field or a sheet are left alone. */
export function listenToKeys({ reel, list, open, muted, isOpen }) {
  const show = (at) => reel.show(at);
  const video = () => list.current?.children[reel.at.value]?.querySelector("video");
  const doing = {
    ArrowDown: () => show(reel.move(1)),
    j: () => show(reel.move(1)),
    PageDown: () => show(reel.move(1)),
    ArrowUp: () => show(reel.move(-1)),
    k: () => show(reel.move(-1)),
    PageUp: () => show(reel.move(-1)),
    " ": () => video()?.parentElement.click(),
    l: (card) => like(card),
    s: (card) => save(card),
    f: (card) => follow(card),
    c: (card) => open("comments", card),
    w: (card) => open("why", card),
    x: (card) => dislike(card, () => show(reel.move(1))),
    m: () => (muted.value = !muted.value),
    "/": () => document.querySelector("[data-search]")?.focus(),
    "?": () => open("keys", null),
  };
  const hear = (event) => {
    if (isOpen() || event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
    const act = doing[event.key];
    const card = reel.cards.value[reel.at.value];
    if (!act || (act.length && !card)) return;
    if (event.key === " " && event.target.closest("button, a, input")) return;
    event.preventDefault();
    act(card);
  };
  document.addEventListener("keydown", hear);
  return () => document.removeEventListener("keydown", hear);
}

function isField(element) {
  return element.matches?.("textarea, select, input:not([type=range])") || element.isContentEditable;
}
