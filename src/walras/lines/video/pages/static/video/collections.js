// Collections and short series of one's own, and one of them with its videos in order.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ask, sentenceOf } from "/static/app/asking.js";
import { Field, Send, useForm, Whole } from "/static/app/forms.js";
import { gated } from "/static/app/gate.js";
import { html, Icon, IconButton } from "/static/app/html.js";
import { List, useList } from "/static/app/lists.js";
import { attempt } from "/static/app/notes.js";
import { flush } from "/static/app/outbox.js";
import { go } from "/static/app/router.js";
import { Sheet } from "/static/app/sheet.js";
import { Tile } from "/static/video/tiles.js";
import { t } from "/static/words.js";

export const title = "collections.title";

const Own = gated("collections.sign-in", "folder", All);

export default function Collections({ collection }) {
  if (["kept", "liked"].includes(collection)) return html`<${Said} key=${collection} kind=${collection} />`;
  return collection ? html`<${One} key=${collection} id=${collection} />` : html`<${Own} />`;
}

function All() {
  const making = useSignal(false);
  const list = useList(async () => ({ all: (await ask("GET", "/app/collections")).collections, cursor: "" }));
  return html`<section class="page">
    <div class="page-head"><h1>${t("collections.title")}</h1><button type="button" class="button" onClick=${() => (making.value = true)}><${Icon} name="plus" />${t("collections.new")}</button></div>
    <${List} list=${list} icon="folder" empty=${t("collections.none")} draw=${(one) => html`<li key=${one.id}><a href=${`/collections/${one.id}`}>
      <${Icon} name=${one.kind === "series" ? "list-video" : "folder"} /><span class="grow"><strong>${one.title}</strong></span><span class="quiet figures">${t("topics.videos", { count: one.videos })}</span></a></li>`} />
    <ul class="rows">${["kept", "liked"].map((kind) => html`<li key=${kind}><a href=${`/collections/${kind}`}>
      <${Icon} name=${kind === "kept" ? "bookmark" : "heart"} /><span class="grow"><strong>${t(`collections.${kind}`)}</strong></span></a></li>`)}</ul>
    ${making.value && html`<${New} onClose=${() => (making.value = false)} onMade=${(one) => list.set((all) => [one, ...all])} />`}
  </section>`;
}

/** What the person keeps or likes, as she said it on the cards. */
function Said({ kind }) {
  const list = useList(async (cursor) => {
    // What she has said a moment ago is there too.
    await flush();
    const said = await ask("GET", `/app/${kind}?cursor=${encodeURIComponent(cursor)}`);
    return { all: said.cards, cursor: said.cursor };
  });
  return html`<section class="page"><h1>${t(`collections.${kind}`)}</h1>
    <${List} list=${list} kind="tiles" icon="film" empty=${t("collections.empty")} draw=${(card) => html`<${Tile} key=${card.id} card=${card} />`} />
  </section>`;
}

function New({ onClose, onMade }) {
  const form = useForm({ title: "", kind: "collection" });
  return html`<${Sheet} title=${t("collections.new")} onClose=${onClose}>
    <form class="form" onSubmit=${form.submit((values) => ask("POST", "/app/collections", values), (one) => { onMade(one); onClose(); })}>
      <${Whole} form=${form} />
      <${Field} form=${form} name="title" label=${t("collections.name")} maxlength="80" required />
      <${Field} form=${form} name="kind" label=${t("collections.kind")}>${(shared) => html`<select ...${shared}>
        ${["collection", "series"].map((kind) => html`<option key=${kind} value=${kind}>${t(`collections.kind.${kind}`)}</option>`)}</select>`}</${Field}>
      <${Send} form=${form} label=${t("collections.make")} />
    </form>
  </${Sheet}>`;
}

function One({ id }) {
  const found = useSignal(null);
  const trouble = useSignal("");
  useEffect(() => {
    ask("GET", `/app/collections/${encodeURIComponent(id)}`).then((said) => (found.value = said), (error) => (trouble.value = sentenceOf(error)));
  }, [id]);
  if (trouble.value) return html`<div class="middle" role="alert"><h1>${trouble.value}</h1><a class="button" href="/collections">${t("collections.title")}</a></div>`;
  if (!found.value) return html`<div class="middle" role="status"><span class="spinner"></span><span class="unseen">${t("app.loading")}</span></div>`;
  const path = `/app/collections/${encodeURIComponent(id)}`;
  const set = (cards) => (found.value = { ...found.value, cards });
  const take = (card) => {
    const before = found.value.cards;
    set(before.filter((one) => one.id !== card.id));
    attempt(() => ask("DELETE", `${path}/videos/${encodeURIComponent(card.id)}`), () => set(before));
  };
  const remove = () => attempt(() => ask("DELETE", path).then(() => go("/collections", { replace: true })));
  const drawn = (card) =>
    html`<${Tile} key=${card.id} card=${card}>${found.value.mine && html`<${IconButton} icon="x" label=${t("collections.remove", { title: card.title })} onClick=${() => take(card)} />`}</${Tile}>`;
  return html`<section class="page"><div class="page-head"><h1>${found.value.title}</h1>
      ${found.value.mine && html`<${IconButton} icon="trash-2" label=${t("collections.delete")} onClick=${remove} />`}</div>
    ${found.value.cards.length ? html`<ul class="tiles">${found.value.cards.map(drawn)}</ul>` : html`<p class="empty">${t("collections.empty")}</p>`}
  </section>`;
}
