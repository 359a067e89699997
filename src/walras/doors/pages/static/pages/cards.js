// One place of a page as a card: what it is, what it is worth and why, and what can be done with it.

import { copyOf } from "/static/elements.js";
import { minutes, nameOf, number, percent, t, yuan } from "/static/words.js";
import { drawCover } from "/static/pages/cover.js";

/** A card for a place. `outcomes` are the registry's, by name; `item` may be missing. */
export function cardOf(place, item, outcomes) {
  const card = copyOf("card");
  card.place = place;
  drawCover(card.querySelector(".cover"), place.item, place.topics?.[0]);
  card.querySelector(".place").textContent = String(place.place + 1);
  card.querySelector(".topics").textContent = (place.topics || []).join(" · ");
  card.querySelector("h3").textContent = place.title || place.item;
  card.querySelector("h3").id = `title-${place.place}`;
  card.querySelector("article").setAttribute("aria-labelledby", `title-${place.place}`);
  card.querySelector("article").tabIndex = -1;
  card.querySelector(".byline").textContent = bylineOf(place, item);
  card.querySelector(".why").textContent = place.reason;
  card.querySelector(".deeds").setAttribute("aria-label", t("feed.deeds", { title: place.title || place.item }));
  if (!place.owner) card.querySelector('[data-outcome="follow"]').hidden = true;
  fillWorth(card, place, outcomes);
  return card;
}

/** A few words: owner, kind, length. */
function bylineOf(place, item) {
  const parts = [place.owner && t("feed.by", { owner: place.owner }), nameOf("kind", place.kind || "video")];
  if (item?.duration_s) parts.push(minutes(item.duration_s));
  return parts.filter(Boolean).join(" · ");
}

function fillWorth(card, place, outcomes) {
  card.querySelector(".yuan").textContent = yuan(place.value_yuan);
  card.querySelector(".source").textContent = t("feed.from", { source: nameOf("source", place.source) });
  const parts = partsOf(place, outcomes);
  const largest = Math.max(...parts.map((part) => Math.abs(part.yuan)), 1e-12);
  card.querySelector("tbody").replaceChildren(...parts.map((part) => rowOf(part, largest)));
  card.querySelector("tfoot td").textContent = yuan(place.value_yuan, 5);
}

/** The value as a sum: every foreseen outcome times its worth, and what is left over, largest first. */
export function partsOf(place, outcomes) {
  const parts = Object.entries(place.outcomes).map(([name, expected]) => {
    const outcome = outcomes[name] || { unit: "count", worth_yuan: 0 };
    return { name, expected, unit: outcome.unit, each: outcome.worth_yuan, yuan: expected * outcome.worth_yuan };
  });
  parts.sort((a, b) => Math.abs(b.yuan) - Math.abs(a.yuan));
  const rest = place.value_yuan - parts.reduce((sum, part) => sum + part.yuan, 0);
  // What people's outcomes do not explain is bids and programmes; below a millionth of a yuan it is rounding.
  if (Math.abs(rest) > 1e-6) parts.push({ name: "", yuan: rest });
  return parts;
}

function rowOf(part, largest) {
  const row = document.createElement("tr");
  const cells = part.name
    ? [nameOf("outcome", part.name), expectedOf(part), yuan(part.each), yuan(part.yuan, 5)]
    : [t("feed.rest"), "", "", yuan(part.yuan, 5)];
  cells.forEach((words, column) => {
    const cell = document.createElement(column ? "td" : "th");
    if (!column) cell.scope = "row";
    cell.textContent = words;
    row.append(cell);
  });
  row.classList.toggle("cost", part.yuan < 0);
  row.style.setProperty("--share", Math.abs(part.yuan) / largest);
  return row;
}

function expectedOf(part) {
  if (part.unit === "second") return t("feed.seconds", { seconds: number(part.expected, 1) });
  if (part.unit === "yuan") return yuan(part.expected, 2);
  return percent(part.expected, part.expected < 0.1 ? 2 : 1);
}
