// One video at its own address, as a link from outside opens it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ask, sentenceOf } from "/static/app/asking.js";
import { html, Icon, IconButton } from "/static/app/html.js";
import { back } from "/static/app/router.js";
import { Card } from "/static/video/card.js";
import { live } from "/static/video/cards.js";
import { SheetOf } from "/static/video/sheets.js";
import { muted } from "/static/video/sound.js";
import { t } from "/static/words.js";

export default function One({ video }) {
  const card = useSignal(null);
  const trouble = useSignal("");
  const sheet = useSignal(null);
  useEffect(() => {
    ask("GET", `/app/videos/${encodeURIComponent(video)}`).then(
      (said) => {
        card.value = live(said, "open");
        document.title = `${said.title} · Walras`;
      },
      (error) => (trouble.value = sentenceOf(error)),
    );
  }, [video]);
  const leave = (_, __, then) => {
    then();
    back();
  };
  return html`<div class="feed">
    <div class="feed-back"><${IconButton} icon="arrow-left" label=${t("app.back")} onClick=${() => back()} /></div>
    <ol class="reel"><li class="slot">
      ${card.value && html`<${Card} card=${card.value} present=${true} muted=${muted} open=${(kind) => (sheet.value = { kind, card: card.value })} leave=${leave} />`}
      ${trouble.value && html`<div class="middle on-stage" role="alert"><${Icon} name="circle-alert" /><h1>${trouble.value}</h1><a class="button" href="/">${t("app.to-feed")}</a></div>`}
    </li></ol>
    <${SheetOf} sheet=${sheet} leave=${leave} />
  </div>`;
}
