// What every screen of the app draws with: Preact through htm, an icon, and words.

import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);

/** A Lucide icon; decoration, so the control around it carries the name. */
export function Icon({ name, filled = false }) {
  return html`<svg class=${filled ? "icon filled" : "icon"} aria-hidden="true">
    <use href=${`/static/vendor/lucide.svg#${name}`} />
  </svg>`;
}

/** A control that is an icon alone; its name is read out and stands on hover. */
export function IconButton({ icon, label, filled, pressed, onClick, ...rest }) {
  return html`<button
    type="button"
    class="icon-button"
    aria-label=${label}
    title=${label}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)}
    onClick=${onClick}
    ...${rest}
  >
    <${Icon} name=${icon} filled=${filled} />
  </button>`;
}

/** A person's picture, or the first letter of the name on a ground of its own. */
export function Avatar({ person, size = "m" }) {
  const name = person.name || person.handle || "?";
  if (person.avatar) return html`<img class=${`avatar ${size}`} src=${person.avatar} alt="" loading="lazy" />`;
  return html`<span class=${`avatar ${size} hue-${hueOf(person.handle || name)}`} aria-hidden="true">
    ${[...name][0].toUpperCase()}
  </span>`;
}

/** One of twelve grounds for a name, the same each time. */
export function hueOf(name) {
  let sum = 7;
  for (const sign of name) sum = (sum * 31 + sign.codePointAt(0)) >>> 0;
  return sum % 12;
}
