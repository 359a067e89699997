// What each key does.

import { html } from "/static/app/html.js";
import { Sheet } from "/static/app/sheet.js";
import { t } from "/static/words.js";

const KEYS = [
  ["↓ j", "keys.next"],
  ["↑ k", "keys.previous"],
  ["space", "keys.pause"],
  ["l", "keys.like"],
  ["s", "keys.save"],
  ["f", "keys.follow"],
  ["c", "keys.comments"],
  ["w", "keys.why"],
  ["x", "keys.dislike"],
  ["m", "keys.sound"],
  ["?", "keys.help"],
];

export function Keys({ onClose }) {
  return html`<${Sheet} title=${t("keys.title")} onClose=${onClose}>
    <dl class="keys">
      ${KEYS.map(([keys, words]) => html`<div key=${words}><dt>${keys.split(" ").map((key) => html`<kbd key=${key}>${key === "space" ? t("keys.space") : key}</kbd>`)}</dt><dd>${t(words)}</dd></div>`)}
    </dl>
  </${Sheet}>`;
}
