// The feed by keyboard. Single letters work only while nothing is being typed, and can be switched off in the help.

import { byId } from "/static/elements.js";

const DEEDS = { l: "like", w: "long_view", f: "follow", s: "skip", x: "dislike" };
const STORED = "walras-keys";

/** Listen; `turn()` makes the next page. */
export function listenToKeys(turn) {
  const help = byId("help");
  const allowed = byId("keys-on");
  allowed.checked = localStorage.getItem(STORED) !== "off";
  allowed.addEventListener("change", () => localStorage.setItem(STORED, allowed.checked ? "on" : "off"));
  byId("keys").addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (isTyping(event) || help.open || !allowed.checked) return;
    const act = actOf(event.key, turn);
    if (act) {
      event.preventDefault();
      act();
    }
  });
}

function actOf(key, turn) {
  if (key === "/") return () => byId("person").focus();
  if (key === "?") return () => byId("help").showModal();
  if (byId("columns").hidden) return null;
  if (key === "n") return turn;
  if (key === "j") return () => step(1);
  if (key === "k") return () => step(-1);
  const card = document.activeElement.closest?.(".card");
  return DEEDS[key] && card ? () => card.querySelector(`[data-outcome="${DEEDS[key]}"]:not([hidden])`)?.click() : null;
}

function step(by) {
  const cards = [...document.querySelectorAll("#cards > .card:not(.gone) > article")];
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  const next = cards[Math.min(cards.length - 1, Math.max(0, at + by))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "center", behavior: "smooth" });
}

function isTyping(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]");
}
