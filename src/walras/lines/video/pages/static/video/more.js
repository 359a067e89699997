// Everything else that can be done with a card.

import { useSignal } from "@preact/signals";

import { html, Icon } from "/static/app/html.js";
import { Sheet } from "/static/app/sheet.js";
import { block, dislike, report, save, share } from "/static/video/cards.js";
import { t } from "/static/words.js";

const REASONS = ["violence", "sexual", "hate", "false", "spam", "minor", "rights", "other"];

export function More({ card, onClose, leave, open }) {
  const asking = useSignal(false);
  const going = (doing) => () => {
    onClose();
    doing();
  };
  const gone = (sentence, then) => leave(card, sentence, then);
  if (asking.value) {
    return html`<${Sheet} title=${t("report.title")} onClose=${onClose}>
      <ul class="choices">
        ${REASONS.map((reason) => html`<li key=${reason}><button type="button" onClick=${going(() => report(card, reason))}>${t(`report.${reason}`)}</button></li>`)}
      </ul>
    </${Sheet}>`;
  }
  return html`<${Sheet} title=${t("reel.more")} onClose=${onClose}>
    <ul class="choices">
      <${Choice} icon="thumbs-down" label=${t("reel.not-interested")} onClick=${going(() => dislike(card, gone))} />
      <${Choice} icon="bookmark" label=${t(card.saved.value ? "reel.save-no-more" : "reel.save")} onClick=${going(() => save(card))} />
      <${Choice} icon="share" label=${t("reel.share")} onClick=${going(() => share(card))} />
      <${Choice} icon="sparkles" label=${t("why.title")} onClick=${() => open("why")} />
      ${!card.maker.mine && html`<${Choice} icon="ban" label=${t("reel.block", { name: card.maker.name })} onClick=${going(() => gone(t("reel.blocked", { name: card.maker.name }), () => block(card)))} />`}
      <${Choice} icon="flag" label=${t("reel.report")} onClick=${() => (asking.value = true)} />
    </ul>
  </${Sheet}>`;
}

function Choice({ icon, label, onClick }) {
  return html`<li><button type="button" onClick=${onClick}><${Icon} name=${icon} />${label}</button></li>`;
}
