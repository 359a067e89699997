// "Why am I seeing this": an honest sentence, and behind it the numbers the page was made with.

import { html } from "/static/app/html.js";
import { Sheet } from "/static/app/sheet.js";
import { dislike } from "/static/video/cards.js";
import { nameOf, number, percent, t, yuan } from "/static/words.js";

export function Why({ card, onClose, leave }) {
  const why = card.why;
  const outcomes = Object.entries(why.outcomes).sort((one, other) => other[1] - one[1]);
  const less = () => {
    onClose();
    dislike(card, (sentence, then) => leave(card, sentence, then));
  };
  return html`<${Sheet} title=${t("why.title")} onClose=${onClose}>
    <p class="why-sentence">${why.sentence}</p>
    <dl class="facts">
      <dt>${t("why.source")}</dt><dd>${nameOf("source", why.source)}</dd>
      <dt>${t("why.value")}</dt><dd class="figures">${yuan(why.value_yuan)}</dd>
      <dt>${t("why.chance")}</dt><dd class="figures">${percent(why.propensity, 1)}</dd>
      ${why.programme && html`<dt>${t("why.programme")}</dt><dd>${why.programme.name} · ${yuan(why.programme.price_yuan)}</dd>`}
    </dl>
    <h3>${t("why.foreseen")}</h3>
    <table class="figures">
      <thead><tr><th scope="col">${t("why.outcome")}</th><th scope="col">${t("why.expected")}</th></tr></thead>
      <tbody>
        ${outcomes.map(([name, value]) => html`<tr key=${name}><th scope="row">${nameOf("outcome", name)}</th><td>${expected(name, value)}</td></tr>`)}
      </tbody>
    </table>
    <p class="quiet">${t("why.how")}</p>
    <div class="row">
      <button type="button" class="button" onClick=${less}>${t("reel.not-interested")}</button>
      <a class="button" href="/feeds">${t("why.dials")}</a>
    </div>
  </${Sheet}>`;
}

function expected(name, value) {
  return name === "watch" ? t("why.seconds", { seconds: number(value, 1) }) : percent(value, value < 0.1 ? 2 : 0);
}
