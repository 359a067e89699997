// Everything else that can be done with a card.

import { useSignal } from "@preact/signals";

import { ask } from "/static/app/asking.js";
import { html, Icon } from "/static/app/html.js";
import { List, useList } from "/static/app/lists.js";
import { me } from "/static/app/me.js";
import { attempt, say } from "/static/app/notes.js";
import { Sheet } from "/static/app/sheet.js";
import { block, dislike, report, save, share } from "/static/video/cards.js";
import { t } from "/static/words.js";

const REASONS = ["violence", "sexual", "hate", "false", "spam", "minor", "rights", "other"];

export function More({ card, onClose, leave, open }) {
  const step = useSignal("");
  const going = (doing) => () => {
    onClose();
    doing();
  };
  const gone = (sentence, then) => leave(card, sentence, then);
  if (step.value === "collect") return html`<${Collect} card=${card} onClose=${onClose} />`;
  if (step.value === "report") {
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
      ${me.value.signed_in && html`<${Choice} icon="folder" label=${t("reel.collect")} onClick=${() => (step.value = "collect")} />`}
      <${Choice} icon="share" label=${t("reel.share")} onClick=${going(() => share(card))} />
      <${Choice} icon="sparkles" label=${t("why.title")} onClick=${() => open("why")} />
      ${!card.maker.mine && html`<${Choice} icon="ban" label=${t("reel.block", { name: card.maker.name })} onClick=${going(() => gone(t("reel.blocked", { name: card.maker.name }), () => block(card)))} />`}
      <${Choice} icon="flag" label=${t("reel.report")} onClick=${() => (step.value = "report")} />
    </ul>
  </${Sheet}>`;
}

/** Which of one's collections it goes into. */
function Collect({ card, onClose }) {
  const list = useList(async () => ({ all: (await ask("GET", "/app/collections")).collections, cursor: "" }));
  const put = async (one) => {
    onClose();
    const path = `/app/collections/${encodeURIComponent(one.id)}/videos/${encodeURIComponent(card.id)}`;
    if (await attempt(() => ask("PUT", path))) say(t("reel.collected", { title: one.title }));
  };
  return html`<${Sheet} title=${t("reel.collect")} onClose=${onClose}>
    <${List} list=${list} kind="choices" icon="folder" empty=${t("collections.none")} draw=${(one) => html`<${Choice} key=${one.id} icon="folder" label=${one.title} onClick=${() => put(one)} />`} />
    <a class="button" href="/collections">${t("collections.title")}</a>
  </${Sheet}>`;
}

function Choice({ icon, label, onClick }) {
  return html`<li><button type="button" onClick=${onClick}><${Icon} name=${icon} />${label}</button></li>`;
}
