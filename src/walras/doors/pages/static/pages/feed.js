// The page at `/`: a person's feed between what she did and what would have come next. What is done here is sent as real
// events, and the next page is made after the log has acknowledged them.

import { byId, copyOf, fill, say, toast } from "/static/elements.js";
import { ask, sentenceOf } from "/static/requests.js";
import { list as listed, number, sentences, t } from "/static/words.js";
import { cardOf } from "/static/pages/cards.js";
import { showChange } from "/static/pages/change.js";
import { drawMosaic } from "/static/pages/cover.js";
import { Exposures } from "/static/pages/exposures.js";
import { listenToKeys } from "/static/pages/keys.js";
import { itemsNamed, showRecord } from "/static/pages/losers.js";
import { Outbox } from "/static/pages/outbox.js";
import { chooser, newPerson, randomPerson, showSome } from "/static/pages/people.js";
import { tabs } from "/static/pages/tabs.js";
import { showHistory } from "/static/pages/timeline.js";
import { followTraining } from "/static/pages/training.js";

const COUNT = 10;
const HISTORY = 60;
const UNDO_S = 5;
const MODELS = ["sequence", "ranker"];
const TURNED_AWAY = new Set(["skip", "dislike"]);

const outcomes = JSON.parse(byId("outcomes").textContent);
const items = new Map();
const outbox = new Outbox(acknowledged, troubled);
const exposures = new Exposures((card) => outbox.put(eventOf(card.place, "exposure")));
let person = "";
let page = null;
let history = [];
let turning = false;

/** Show a person's page; an empty id shows the choice alone. */
async function show(id) {
  await outbox.flush().catch(() => {});
  person = id;
  page = null;
  byId("columns").hidden = byId("views").hidden = !id;
  document.body.classList.toggle("chosen", Boolean(id));
  byId("whose").textContent = id ? t("feed.of", { person: id }) : t("feed.whose");
  document.title = id ? t("feed.of.title", { person: id }) : t("feed.title");
  byId("person").value = id;
  byId("facts").hidden = !id;
  if (id) await Promise.all([showPast(), turn()]);
  else await showSome(go).catch(troubled);
}

/** Make the next page, after everything done on this one has reached the log. */
async function turn() {
  if (turning || !person) return;
  turning = true;
  byId("again").disabled = true;
  const asked = person;
  try {
    await outbox.flush();
    showBones();
    const started = performance.now();
    const made = await ask("POST", "/v1/feed", {
      person,
      count: COUNT,
      context: { language: document.documentElement.lang },
    });
    if (asked === person) await showPage(made, performance.now() - started);
  } catch (error) {
    if (asked === person) showTrouble(error);
  } finally {
    turning = false;
    byId("again").disabled = false;
  }
}

async function showPage(made, took) {
  const before = page;
  page = made;
  await learnItems(made.places.map((place) => place.item));
  const cards = made.places.map((place) => cardOf(place, items.get(place.item), outcomes));
  fill(byId("cards"), cards.length ? cards : [blank(t("feed.empty"), turn)]);
  byId("cards").setAttribute("aria-busy", "false");
  byId("turn").hidden = !cards.length;
  byId("made").textContent = madeBy(made, took);
  showChange(byId("change"), before, made);
  exposures.watch(cards);
  if (before) bringToTop(cards[0]);
  await Promise.all([showNext(made.id), before ? showPast() : null]);
}

/** Which models made it, and in what time. */
function madeBy(made, took) {
  const models = MODELS.filter((kind) => made.versions?.[kind]).map((kind) => `${t(`model.${kind}`)} ${made.versions[kind]}`);
  const words = models.length ? t("feed.made.by", { models: listed(models) }) : t("feed.made.plain");
  return sentences([words, t("feed.made.in", { ms: number(took) })]);
}

async function showNext(id) {
  try {
    const record = await ask("GET", `/v1/pages/${encodeURIComponent(id)}`);
    await learnItems(itemsNamed(record));
    if (page?.id === id) showRecord(record, (item) => items.get(item));
  } catch (error) {
    fill(byId("losers"), [blank(sentenceOf(error), () => showNext(id))]);
  }
}

async function showPast() {
  const asked = person;
  try {
    const answer = await ask("GET", `/v1/users/${encodeURIComponent(asked)}/history?n=${HISTORY}`);
    await learnItems(answer.events.map((event) => event.item));
    if (asked !== person) return;
    history = answer.events;
    tellPast();
  } catch (error) {
    fill(byId("history"), [blank(sentenceOf(error), showPast)]);
  }
}

function tellPast() {
  showHistory(byId("history"), history, (item) => items.get(item)?.title || item);
  const deeds = history.filter((event) => event.outcome !== "exposure").length;
  byId("facts").textContent = deeds ? t("feed.facts", { count: deeds }) : t("feed.facts.none");
}

/** Fetch what is not known yet of these items; what the catalogue lacks is shown by its id. */
async function learnItems(ids) {
  const wanted = [...new Set(ids)].filter((id) => id && !items.has(id));
  if (!wanted.length) return;
  const query = wanted.map((id) => `id=${encodeURIComponent(id)}`).join("&");
  const answer = await ask("GET", `/pages/items?${query}`).catch(() => ({ items: [] }));
  for (const item of answer.items) items.set(item.id, item);
}

function eventOf(place, outcome, value = 1) {
  return {
    id: `${page.id}-${place.place}-${outcome}`,
    person,
    item: place.item,
    outcome,
    value,
    surface: page.surface,
    page: page.id,
    place: place.place,
    time_ms: Date.now(),
  };
}

/** A button of a card was pressed. */
function act(card, button) {
  const outcome = button.dataset.outcome;
  if (button.getAttribute("aria-pressed") === "true" && outcome !== "follow") return;
  if (TURNED_AWAY.has(outcome)) return turnAway(card, outcome);
  if (outcome === "follow") return follow(card, button);
  button.setAttribute("aria-pressed", "true");
  outbox.put(eventOf(card.place, outcome));
  if (outcome === "long_view") outbox.put(eventOf(card.place, "watch", items.get(card.place.item)?.duration_s || 30));
}

function follow(card, button) {
  const follows = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(follows));
  button.querySelector("span").textContent = follows ? t("deed.following") : t("deed.follow");
  const event = eventOf(card.place, follows ? "follow" : "unfollow");
  // Following and unfollowing may alternate on one page, and each time counts.
  outbox.put({ ...event, id: `${event.id}-${Date.now()}`, owner: card.place.owner });
}

function turnAway(card, outcome) {
  const event = eventOf(card.place, outcome);
  const next = card.nextElementSibling?.querySelector("article");
  card.classList.add("gone");
  card.inert = true;
  outbox.hold(event, UNDO_S);
  toast(t(`deed.${outcome}.done`), () => {
    if (outbox.takeBack(event.id)) {
      card.classList.remove("gone");
      card.inert = false;
    }
  }, UNDO_S);
  if (card.contains(document.activeElement) || document.activeElement === document.body) next?.focus();
}

function acknowledged(events) {
  say(byId("offline"), "");
  const of = events.filter((event) => event.person === person);
  history = [...of.filter((event) => !history.some((known) => known.id === event.id)), ...history];
  tellPast();
}

function troubled(error) {
  const count = outbox.waiting.length;
  say(byId("offline"), count ? t("feed.waiting", { count, why: sentenceOf(error) }) : sentenceOf(error));
}

function showTrouble(error) {
  say(byId("offline"), sentenceOf(error));
  if (error.status === 401) location.reload();
  if (!page || byId("cards").querySelector(".bones")) fill(byId("cards"), [blank(sentenceOf(error), turn)]);
  byId("cards").setAttribute("aria-busy", "false");
  byId("made").textContent = "";
}

function showBones() {
  byId("cards").setAttribute("aria-busy", "true");
  byId("turn").hidden = true;
  fill(byId("cards"), Array.from({ length: 3 }, () => copyOf("card-bones")));
  for (const list of ["losers", ...(history.length ? [] : ["history"])])
    fill(byId(list), Array.from({ length: 6 }, () => copyOf("row-bones")));
  byId("counts").hidden = true;
}

function blank(sentence, retry) {
  const row = copyOf("blank");
  row.querySelector("p").textContent = sentence;
  row.querySelector("button").addEventListener("click", retry);
  return row;
}

function bringToTop(card) {
  byId("now").scrollIntoView({ block: "start" });
  card?.querySelector("article").focus({ preventScroll: true });
}

function go(id) {
  if (id === person) return turn();
  const address = new URL(location);
  address.search = new URLSearchParams(id ? { person: id } : {});
  window.history.pushState(null, "", address);
  sayLanguage();
  history = [];
  return show(id);
}

/** The other language shows the same person. */
function sayLanguage() {
  const link = byId("language");
  const address = new URL(link.href);
  if (new URL(location).searchParams.get("person")) address.searchParams.set("person", new URL(location).searchParams.get("person"));
  link.href = address;
}

drawMosaic(byId("mosaic"));
chooser(go);
tabs();
listenToKeys(turn);
followTraining();
byId("random").addEventListener("click", () => randomPerson().then(go, showTrouble));
byId("new").addEventListener("click", () => go(newPerson()));
byId("again").addEventListener("click", turn);
byId("offline").querySelector("button").addEventListener("click", () => (page ? outbox.flush().catch(() => {}) : turn()));
byId("cards").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-outcome]");
  if (button) act(button.closest(".card"), button);
});
window.addEventListener("online", () => outbox.flush().catch(() => {}));
window.addEventListener("offline", () => say(byId("offline"), t("page.offline")));
window.addEventListener("popstate", () => {
  history = [];
  show(new URL(location).searchParams.get("person") || "");
});
show(byId("main").dataset.person);
