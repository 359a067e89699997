// The box in which a person is chosen: what is typed is an id, and known people are suggested while typing.

import { byId, fill } from "/static/elements.js";
import { ask } from "/static/requests.js";
import { t } from "/static/words.js";

const WAIT_MS = 120;
const SUGGESTED = 8;

/** People known to the platform whose id begins so, or any where nothing is typed. */
export async function knownPeople(start, count) {
  return (await ask("GET", `/pages/people?start=${encodeURIComponent(start)}&n=${count}`)).people;
}

/** A person nobody has seen yet. */
export function newPerson() {
  const letters = crypto.getRandomValues(new Uint8Array(5));
  return `visitor-${Array.from(letters, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** One of the known people, by chance; a new one where nobody is known. */
export async function randomPerson() {
  const { people } = await ask("GET", "/pages/people?order=chance&n=1");
  return people[0]?.id ?? newPerson();
}

/** Show some known people beside the box, to be chosen at once. */
export async function showSome(chosen) {
  const people = await knownPeople("", SUGGESTED);
  byId("some").hidden = !people.length;
  fill(byId("some").querySelector("ul"), people.map((person) => chipOf(person, chosen)));
}

/** Make the box work; `chosen(id)` hears of the choice. */
export function chooser(chosen) {
  const box = byId("person");
  const list = byId("people");
  let timer;

  const close = () => {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const take = (id) => {
    close();
    box.value = id;
    chosen(id);
  };
  const suggest = async () => {
    const typed = box.value.trim();
    const people = await knownPeople(typed, SUGGESTED).catch(() => []);
    // An answer that comes after more was typed is an answer to another question.
    if (typed !== box.value.trim()) return;
    fill(list, people.map((person, n) => optionOf(person, n, take)));
    list.hidden = !people.length || document.activeElement !== box;
    box.setAttribute("aria-expanded", String(!list.hidden));
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, WAIT_MS);
  };

  box.addEventListener("input", soon);
  box.addEventListener("focus", () => (box.select(), soon()));
  box.addEventListener("blur", () => setTimeout(close, WAIT_MS));
  box.addEventListener("keydown", (event) => keyed(event, { box, list, close, take }));
  byId("choice").addEventListener("submit", (event) => {
    event.preventDefault();
    if (box.value.trim()) take(box.value.trim());
  });
}

function chipOf(person, chosen) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  button.className = "button";
  button.type = "button";
  button.textContent = person.id;
  button.addEventListener("click", () => chosen(person.id));
  row.append(button);
  return row;
}

function optionOf(person, n, take) {
  const option = document.createElement("li");
  option.id = `person-${n}`;
  option.role = "option";
  option.ariaSelected = "false";
  const name = document.createElement("span");
  name.textContent = person.id;
  const note = document.createElement("span");
  note.className = "note figures";
  note.textContent = person.deeds >= 0 ? t("feed.person.deeds", { count: person.deeds }) : "";
  option.append(name, note);
  option.person = person.id;
  option.addEventListener("pointerdown", (event) => (event.preventDefault(), take(person.id)));
  return option;
}

function keyed(event, { box, list, close, take }) {
  const options = [...list.children];
  const at = options.findIndex((option) => option.ariaSelected === "true");
  if (event.key === "Escape") close();
  if (event.key === "Enter" && !list.hidden && at >= 0) {
    event.preventDefault();
    take(options[at].person);
  }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length && !list.hidden) {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = at < 0 && step < 0 ? options.length - 1 : (at + step + options.length) % options.length;
    options.forEach((option, n) => (option.ariaSelected = String(n === next)));
    options[next].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", options[next].id);
  }
}
