// Videos as tiles: on profiles, topics and collections.

import { html, Icon } from "/static/app/html.js";
import { minutes, t, tally } from "/static/words.js";

/** One video as a tile; its state stands on it where it is not on show. */
export function Tile({ card, href, children }) {
  const on = card.state && card.state !== "published";
  return html`<li><a class="tile" href=${href ?? `/v/${card.id}`} aria-label=${t("tile.of", { title: card.title, views: tally(card.counts.views) })}>
    ${card.poster ? html`<img src=${card.poster} alt="" loading="lazy" decoding="async" />` : html`<span class="middle"><${Icon} name="film" /></span>`}
    ${on && html`<span class="tile-state">${t(`state.${card.state}`)}</span>`}
    <span class="tile-foot figures"><${Icon} name="play" />${tally(card.counts.views)}<span class="grow"></span>${minutes(card.duration_s)}</span>
  </a>${children}</li>`;
}
