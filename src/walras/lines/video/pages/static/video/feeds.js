// The viewer's own dials: what the next page follows, several saved settings, and taking them along.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ask, sentenceOf } from "/static/app/asking.js";
import { html, Icon, IconButton } from "/static/app/html.js";
import { attempt, say } from "/static/app/notes.js";
import { go } from "/static/app/router.js";
import { once } from "/static/video/naming.js";
import { percent, t } from "/static/words.js";

const MOODS = ["any", "calm", "lively", "funny", "learning", "homely"];
const NEUTRAL = { mood: "any", novelty: 0, length: 0, more: [], less: [], commercial: 1 };

export const title = "dials.title";

export default function Feeds() {
  const dials = useSignal(null);
  const feeds = useSignal([]);
  const topics = useSignal([]);
  const trouble = useSignal("");
  useEffect(() => {
    ask("GET", "/app/dials").then((said) => (dials.value = { ...NEUTRAL, ...said }), (error) => (trouble.value = sentenceOf(error)));
    ask("GET", "/app/feeds").then((said) => (feeds.value = said.feeds), () => {});
    ask("GET", "/app/topics").then((said) => (topics.value = once(said.topics)), () => {});
  }, []);
  if (trouble.value) return html`<div class="middle" role="alert"><h1>${trouble.value}</h1></div>`;
  if (!dials.value) return html`<div class="middle" role="status"><span class="spinner"></span><span class="unseen">${t("app.loading")}</span></div>`;
  const set = (part) => (dials.value = { ...dials.value, ...part });
  const keep = () => attempt(() => ask("PUT", "/app/dials", dials.value).then(() => { say(t("dials.kept")); go("/"); }));
  const save = () => {
    const name = document.getElementById("feed-name").value.trim();
    if (name) attempt(() => ask("POST", "/app/feeds", { name, dials: dials.value }).then((one) => (feeds.value = [...feeds.value, one])));
  };
  return html`<section class="page">
    <h1>${t("dials.title")}</h1>
    <p class="quiet">${t("dials.more")}</p>
    <div class="section"><h2>${t("dials.mood")}</h2><div class="chips" role="group" aria-label=${t("dials.mood")}>
      ${MOODS.map((mood) => html`<button type="button" key=${mood} class="chip choice" aria-pressed=${String(dials.value.mood === mood)} onClick=${() => set({ mood })}>${t(`dials.mood.${mood}`)}</button>`)}</div></div>
    <${Dial} name="novelty" value=${dials.value.novelty} set=${set} />
    <${Dial} name="length" value=${dials.value.length} set=${set} />
    <div class="section"><h2><label for="dial-commercial">${t("dials.commercial")}</label></h2>
      <input id="dial-commercial" class="wide-range" type="range" min="0" max="1" step="0.05" value=${dials.value.commercial} onInput=${(event) => set({ commercial: Number(event.target.value) })} />
      <p class="quiet figures">${t("dials.commercial.of", { share: percent(dials.value.commercial) })}</p></div>
    <div class="section"><h2>${t("dials.topics")}</h2><p class="quiet">${t("dials.topics.more")}</p><div class="chips">
      ${topics.value.slice(0, 40).map((topic) => html`<${TopicDial} key=${topic.id} topic=${topic} dials=${dials.value} set=${set} />`)}</div></div>
    <div class="row section"><button type="button" class="button solid" onClick=${keep}>${t("dials.keep")}</button>
      <button type="button" class="button" onClick=${() => (dials.value = NEUTRAL)}>${t("dials.reset")}</button></div>
    <div class="section"><h2>${t("feeds.title")}</h2>
      <ul class="rows">${feeds.value.map((one) => html`<li key=${one.id} class="row-line"><a class="grow" href=${`/?feed=${one.id}`}>${one.name}</a>
        <${IconButton} icon="trash-2" label=${t("feeds.remove", { name: one.name })} onClick=${() => attempt(() => ask("DELETE", `/app/feeds/${one.id}`).then(() => (feeds.value = feeds.value.filter((each) => each.id !== one.id))))} /></li>`)}</ul>
      <div class="row"><label class="unseen" for="feed-name">${t("feeds.name")}</label><input id="feed-name" maxlength="40" placeholder=${t("feeds.name")} />
        <button type="button" class="button" onClick=${save}>${t("feeds.save")}</button>
        <a class="button" href="/app/feeds/export" download><${Icon} name="download" />${t("feeds.export")}</a></div></div>
  </section>`;
}

function Dial({ name, value, set }) {
  const id = `dial-${name}`;
  return html`<div class="section"><h2><label for=${id}>${t(`dials.${name}`)}</label></h2>
    <input id=${id} class="wide-range" type="range" min="-1" max="1" step="0.1" value=${value} onInput=${(event) => set({ [name]: Number(event.target.value) })} />
    <p class="ends quiet"><span>${t(`dials.${name}.low`)}</span><span>${t(`dials.${name}.high`)}</span></p></div>`;
}

/** A topic goes from neither to more to less and back. */
function TopicDial({ topic, dials, set }) {
  const more = dials.more.includes(topic.id);
  const less = dials.less.includes(topic.id);
  const without = (list) => list.filter((id) => id !== topic.id);
  const turn = () => {
    if (more) set({ more: without(dials.more), less: [...dials.less, topic.id] });
    else if (less) set({ less: without(dials.less) });
    else set({ more: [...dials.more, topic.id] });
  };
  const state = more ? "more" : less ? "less" : "none";
  return html`<button type="button" class=${`chip choice ${state}`} aria-label=${t(`dials.topic.${state}`, { topic: topic.title })} onClick=${turn}>
    ${more && html`<${Icon} name="plus" />`}${less && html`<${Icon} name="thumbs-down" />`}${topic.title}</button>`;
}
