// Small steps with the document that every screen takes.

/** The element of an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** A copy of a <template>'s only element. */
export function copyOf(templateId) {
  return byId(templateId).content.firstElementChild.cloneNode(true);
}

/** Fill a notice with a sentence and show it, or hide it where there is none. */
export function say(notice, sentence) {
  if (notice.hidden === !sentence && notice.querySelector("p").textContent === (sentence || "")) return;
  notice.querySelector("p").textContent = sentence || "";
  notice.hidden = !sentence;
}

/** Replace a list's rows. */
export function fill(parent, children) {
  parent.replaceChildren(...children);
}

/** A row of a bar list: a name, its figure, and a bar of `share` (0..1) of the width. */
export function bar(row, name, figure, share) {
  row.querySelector(".bar-name").textContent = name;
  row.querySelector(".bar-figure").textContent = figure;
  row.querySelector(".bar-line > span").style.inlineSize = `${Math.max(0.5, share * 100)}%`;
  return row;
}

/** Tell something once, at the foot of the screen, with a way back where `undo` is given. */
export function toast(sentence, undo, seconds = 5) {
  const shown = byId("toast");
  const button = shown.querySelector("button");
  shown.querySelector("p").textContent = sentence;
  button.hidden = !undo;
  button.onclick = () => {
    shown.hidden = true;
    undo();
  };
  shown.hidden = false;
  clearTimeout(shown.timer);
  shown.timer = setTimeout(() => (shown.hidden = true), seconds * 1000);
}
