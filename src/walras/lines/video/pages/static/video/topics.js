// Topics: all of them, and one with its programme and its videos.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ask, sentenceOf } from "/static/app/asking.js";
import { html, Icon } from "/static/app/html.js";
import { List, useList } from "/static/app/lists.js";
import { me } from "/static/app/me.js";
import { attempt } from "/static/app/notes.js";
import { go } from "/static/app/router.js";
import { once } from "/static/video/naming.js";
import { Tile } from "/static/video/tiles.js";
import { exact, t } from "/static/words.js";

export const title = "topics.title";

export default function Topics({ topic }) {
  return topic ? html`<${Topic} id=${topic} />` : html`<${All} />`;
}

function All() {
  const list = useList(async (cursor) => {
    const said = await ask("GET", `/app/topics?cursor=${encodeURIComponent(cursor)}`);
    return { all: once(said.topics), cursor: said.cursor ?? "" };
  });
  return html`<section class="page"><h1>${t("topics.title")}</h1>
    <${List} list=${list} icon="hash" empty=${t("topics.none")} draw=${(topic) => html`<li key=${topic.id}><a href=${`/t/${encodeURIComponent(topic.id)}`}>
      <${Icon} name=${topic.event ? "trophy" : "hash"} /><span class="grow"><strong>${topic.title}</strong></span><span class="quiet figures">${t("topics.videos", { count: topic.videos })}</span></a></li>`} />
  </section>`;
}

function Topic({ id }) {
  const topic = useSignal(null);
  const trouble = useSignal("");
  useEffect(() => {
    ask("GET", `/app/topics/${encodeURIComponent(id)}`).then(
      (said) => {
        topic.value = said;
        document.title = `#${said.title} · Walras`;
      },
      (error) => (trouble.value = sentenceOf(error)),
    );
  }, [id]);
  if (trouble.value) return html`<div class="middle" role="alert"><${Icon} name="hash" /><h1>${trouble.value}</h1><a class="button" href="/topics">${t("topics.title")}</a></div>`;
  if (!topic.value) return html`<div class="middle" role="status"><span class="spinner"></span><span class="unseen">${t("app.loading")}</span></div>`;
  const said = topic.value;
  const follow = () => {
    if (!me.value.signed_in) return go(`/signin?next=${encodeURIComponent(`/t/${encodeURIComponent(id)}`)}`);
    const put = (followed) => (topic.value = { ...topic.value, followed, followers: topic.value.followers + (followed ? 1 : -1) });
    put(!said.followed);
    return attempt(() => ask(said.followed ? "DELETE" : "PUT", `/app/topics/${encodeURIComponent(id)}/follow`), () => put(said.followed));
  };
  return html`<section class="page wide">
    <h1>#${said.title}</h1>
    <div class="row"><button type="button" class=${said.followed ? "button" : "button solid"} aria-pressed=${String(said.followed)} onClick=${follow}>${t(said.followed ? "topics.followed" : "topics.follow")}</button>
      <span class="quiet figures">${t("topics.followers", { count: said.followers })}</span></div>
    ${said.text && html`<p dir="auto">${said.text}</p>`}
    ${said.programme?.length > 0 && html`<div class="section"><h2>${t("topics.programme")}</h2><ol class="rows">
      ${said.programme.map((line) => html`<li key=${line.title} class="row-line"><time>${line.time_ms ? exact(line.time_ms) : ""}</time><span class="grow">${line.title}</span></li>`)}</ol></div>`}
    <h2 class="unseen">${t("person.videos")}</h2>
    ${said.videos.length ? html`<ul class="tiles">${said.videos.map((card) => html`<${Tile} key=${card.id} card=${card} />`)}</ul>` : html`<p class="empty">${t("topics.empty")}</p>`}
  </section>`;
}
