// What would have come next: the nearest losers of a page, who was proposed and who was filtered, from its record.

import { bar, byId, copyOf, fill } from "/static/elements.js";
import { nameOf, number, setTime, t, yuan } from "/static/words.js";
import { drawCover } from "/static/pages/cover.js";

/** Show a record; `itemOf` gives a known item or undefined. */
export function showRecord(record, itemOf) {
  const lowest = weakestOpen(record.places || []);
  const losers = record.losers || [];
  fill(byId("losers"), losers.length ? losers.map((loser) => rowOf(loser, lowest, itemOf)) : [nothing()]);
  showCounts(byId("proposed"), record.proposed || {}, "source");
  showCounts(byId("dropped"), record.dropped || {}, "dropped");
  byId("dropped-none").hidden = Object.keys(record.dropped || {}).length > 0;
  showFacts(record);
  byId("counts").hidden = false;
}

/**
 * The value of the weakest place that was open to everybody. Places kept for new owners or given by chance were not:
 * fewer draws lead to them, so their propensity is below the page's highest.
 */
function weakestOpen(places) {
  const chance = (place) => place.propensity ?? 1;
  const open = Math.max(...places.map(chance));
  return Math.min(...places.filter((place) => chance(place) >= open).map((place) => place.value_yuan));
}

/** Items a record names beside its places. */
export function itemsNamed(record) {
  return (record.losers || []).map((loser) => loser.item);
}

function rowOf(loser, lowest, itemOf) {
  const row = copyOf("loser");
  const item = itemOf(loser.item);
  drawCover(row.querySelector(".cover"), loser.item, item?.topics?.[0]);
  row.querySelector(".title").textContent = item?.title || loser.item;
  row.querySelector(".gap").append(...gapOf(loser, lowest));
  return row;
}

/** How far it was from a place. A loser may be worth more than one that stands: then a rule of the page kept it back. */
function gapOf(loser, lowest) {
  const figure = document.createElement("span");
  figure.className = "figures";
  figure.textContent = yuan(loser.value_yuan, 5);
  const gap = lowest - loser.value_yuan;
  const words = gap >= 0 ? t("feed.short", { gap: yuan(gap, 5) }) : t("feed.kept-back", { gap: yuan(-gap, 5) });
  return [figure, document.createTextNode(` ${words} · ${nameOf("source", loser.source)}`)];
}

function showCounts(list, counts, room) {
  const rows = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const most = rows.length ? rows[0][1] : 1;
  fill(
    list,
    rows.map(([name, count]) => bar(copyOf("bar"), nameOf(room, name), number(count), count / most)),
  );
}

function showFacts(record) {
  const facts = [
    [t("feed.record.page"), record.id],
    [t("feed.record.made"), timeOf(record.time_ms)],
    [t("feed.record.position"), number(record.position)],
    [t("feed.record.seed"), String(record.seed)],
    ...Object.entries(record.versions || {}).map(([kind, version]) => [nameOf("model", kind), version]),
  ];
  if (record.missing?.length) facts.push([t("feed.record.missing"), record.missing.join(", ")]);
  fill(
    byId("record"),
    facts.flatMap(([name, value]) => {
      const term = document.createElement("dt");
      const fact = document.createElement("dd");
      term.textContent = name;
      fact.append(value);
      return [term, fact];
    }),
  );
}

function timeOf(instantMs) {
  const element = document.createElement("time");
  setTime(element, instantMs);
  return element;
}

function nothing() {
  const row = copyOf("blank");
  row.querySelector("p").textContent = t("feed.next.none");
  row.querySelector("button").remove();
  return row;
}
