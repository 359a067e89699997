// One's own videos in every state: what is happening to each, what stopped it, how to mend it, and its contract.

import { useEffect } from "preact/hooks";

import { ask } from "/static/app/asking.js";
import { gated } from "/static/app/gate.js";
import { html, Icon } from "/static/app/html.js";
import { List, useList } from "/static/app/lists.js";
import { listen } from "/static/app/live.js";
import { attempt, say } from "/static/app/notes.js";
import { ago, exact, number, percent, t, tally, yuan } from "/static/words.js";

export const title = "mine.title";

export default gated("mine.sign-in", "film", Mine);

function Mine() {
  const list = useList(async (cursor) => {
    const said = await ask("GET", `/app/mine?cursor=${encodeURIComponent(cursor)}`);
    return { all: said.videos, cursor: said.cursor ?? "" };
  });
  const update = (id, part) => list.set((all) => all.map((one) => (one.id === id ? { ...one, ...part } : one)));
  useEffect(() => listen("upload", (said) => (list.all.value?.some((one) => one.id === said.video) ? update(said.video, said) : list.more(true))), []);
  return html`<section class="page">
    <div class="page-head"><h1>${t("mine.title")}</h1><a class="button solid" href="/make"><${Icon} name="plus" />${t("tab.make")}</a></div>
    <${List} list=${list} icon="film" empty=${t("mine.none")} draw=${(video) => html`<${Row} key=${video.id} video=${video} update=${update} list=${list} />`} />
  </section>`;
}

function Row({ video, update, list }) {
  const path = `/app/videos/${encodeURIComponent(video.id)}`;
  const retry = () => attempt(() => ask("POST", `${path}/retry`, {}).then((said) => update(video.id, said)));
  const publish = () => attempt(() => ask("POST", `${path}/publish`, {}).then((said) => update(video.id, said)));
  const remove = () => {
    const kept = list.all.value;
    list.set((all) => all.filter((one) => one.id !== video.id));
    const timer = setTimeout(() => attempt(() => ask("DELETE", path), () => (list.all.value = kept)), 5000);
    say(t("mine.removed"), () => {
      clearTimeout(timer);
      list.all.value = kept;
    });
  };
  const back = () => attempt(() => ask("POST", `${path}/back`, {}).then((said) => update(video.id, said)));
  const stopped = !["published", "draft", "scheduled"].includes(video.state);
  // The same file fails again unless the fault was ours, or the order can be changed.
  const again = ["our-fault", "disk-full", "no-music", "bad-cut"].some((code) => video.cause_key === `fault.${code}`);
  const edited = ["draft", "failed"].includes(video.state) && !(video.state === "failed" && !again);
  const running = video.state === "processing" && video.progress !== undefined;
  return html`<li class="mine">
    <a class="tile" href=${`/v/${video.id}`} aria-label=${video.title}>${video.poster ? html`<img src=${video.poster} alt="" loading="lazy" />` : html`<span class="middle"><${Icon} name="film" /></span>`}</a>
    <div class="grow">
      <h2>${video.title || t("mine.untitled")}</h2>
      <p><span class=${`state ${video.state}`}>${t(`state.${video.state}`)}</span> ${video.state === "scheduled" && html`<span>${exact(video.publish_at_ms)}</span>`} <span class="quiet">${ago(video.created_ms)}</span></p>
      ${running && html`<progress class="bar-of-progress" max="1" value=${video.progress} aria-label=${t("state.processing")}></progress>`}
      ${stopped && video.cause && html`<p class=${video.state === "failed" ? "fault" : "quiet"} role=${video.state === "failed" ? "alert" : "status"}>${video.cause}</p>`}
      ${stopped && video.fix && html`<p class="quiet">${video.fix}</p>`}
      ${video.state === "published" && html`<p class="quiet figures">${t("mine.counts", { views: tally(video.counts.views), likes: tally(video.counts.likes), comments: tally(video.counts.comments) })}</p>`}
      ${video.reach && html`<p class="quiet figures">${t("make.reach")}: ${t("make.reach.of", { mid: number(video.reach.mid), low: number(video.reach.low), high: number(video.reach.high) })}</p>`}
      ${video.contract && html`<${Contract} contract=${video.contract} />`}
      <div class="row">
        ${video.state === "failed" && again && html`<button type="button" class="button small solid" onClick=${retry}>${t("mine.retry")}</button>`}
        ${video.state === "failed" && !again && html`<a class="button small solid" href="/make">${t("mine.other-file")}</a>`}
        ${edited && html`<a class="button small" href=${`/make?draft=${encodeURIComponent(video.id)}`}>${t("mine.edit")}</a>`}
        ${["scheduled", "processing"].includes(video.state) && html`<button type="button" class="button small" onClick=${back}>${t("mine.back")}</button>`}
        ${["draft", "ready"].includes(video.state) && html`<button type="button" class="button small solid" onClick=${publish}>${t("make.publish")}</button>`}
        ${video.state === "published" && html`<a class="button small" href=${`/creator/videos/${video.id}`} target="_self">${t("mine.figures")}</a>`}
        <button type="button" class="button small bare" onClick=${remove}>${t("mine.remove")}</button>
      </div>
    </div>
  </li>`;
}

/** The promise of a first audience: how far it is, what an exposure of it costs, and the receipt when it is over. */
function Contract({ contract }) {
  const share = Math.min(1, contract.delivered / Math.max(1, contract.promised));
  return html`<details class="contract">
    <summary>${t("contract.of", { delivered: number(contract.delivered), promised: number(contract.promised), share: percent(share) })}</summary>
    <progress class="bar-of-progress" max="1" value=${share} aria-label=${t("contract.title")}></progress>
    <p class="quiet">${t("contract.until", { when: ago(contract.ends_ms) })} · ${t("contract.price", { price: yuan(contract.price_yuan), most: yuan(contract.price_most_yuan) })}</p>
    ${contract.receipt && html`<ul class="reasons">${contract.receipt.map((line) => html`<li key=${line}>${line}</li>`)}</ul>`}
  </details>`;
}
