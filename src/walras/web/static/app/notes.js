// Short words over the screen: what was done, with a way back, or what went wrong.

import { signal } from "@preact/signals";

import { sentenceOf } from "/static/app/asking.js";
import { html } from "/static/app/html.js";
import { t } from "/static/words.js";

const STAYS_MS = 5000;
const note = signal(null);
let timer = 0;

/** Say something for some seconds; `undo` is offered with it. */
export function say(sentence, undo) {
  clearTimeout(timer);
  note.value = { sentence, undo };
  timer = setTimeout(hush, STAYS_MS);
}

/** Say what went wrong. */
export function complain(error) {
  say(sentenceOf(error));
}

/** Try at once and roll back with a sentence where the platform says no. */
export async function attempt(doing, rollBack) {
  try {
    return await doing();
  } catch (error) {
    rollBack?.();
    complain(error);
    return undefined;
  }
}

function hush() {
  note.value = null;
}

function takeBack() {
  note.value.undo();
  hush();
}

/** Where the words appear; one for the whole app. */
export function Notes() {
  return html`<div class="note" role="status" aria-live="polite">
    ${note.value &&
    html`<p>
      <span>${note.value.sentence}</span>
      ${note.value.undo && html`<button type="button" class="button small" onClick=${takeBack}>${t("app.undo")}</button>`}
    </p>`}
  </div>`;
}
