// A maker's page: who she is, what she made, collections; for oneself also what nobody else sees.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ask, sentenceOf } from "/static/app/asking.js";
import { Avatar, html, Icon, IconButton } from "/static/app/html.js";
import { List, useList } from "/static/app/lists.js";
import { me } from "/static/app/me.js";
import { say } from "/static/app/notes.js";
import { flush, tell } from "/static/app/outbox.js";
import { Sheet } from "/static/app/sheet.js";
import { Tile } from "/static/video/tiles.js";
import { t, tally } from "/static/words.js";

export default function Person({ handle }) {
  const person = useSignal(null);
  const trouble = useSignal("");
  useEffect(() => {
    person.value = null;
    ask("GET", `/app/people/${encodeURIComponent(handle)}`).then(
      (said) => {
        person.value = said;
        document.title = `${said.name} (@${said.handle}) · Walras`;
      },
      (error) => (trouble.value = sentenceOf(error)),
    );
  }, [handle]);
  const kind = useSignal("videos");
  const videos = useList(async (cursor) => {
    const said = await ask("GET", `/app/people/${encodeURIComponent(handle)}/${kind.value}?cursor=${encodeURIComponent(cursor)}`);
    return { all: said.cards, cursor: said.cursor };
  }, `${handle} ${kind.value}`);
  if (trouble.value) {
    return html`<div class="middle" role="alert"><${Icon} name="user-round" /><h1>${trouble.value}</h1><a class="button" href="/">${t("app.to-feed")}</a></div>`;
  }
  return html`<section class="page">
    ${person.value ? html`<${Head} person=${person} />` : html`<div class="profile"><span class="bone"></span></div>`}
    <h2 class="unseen">${t(`person.${kind.value}`)}</h2>
    ${person.value?.shows_likes && html`<div class="segments" role="group" aria-label=${t("person.videos")}>
      ${["videos", "liked"].map((one) => html`<button type="button" key=${one} aria-pressed=${String(kind.value === one)} onClick=${() => (kind.value = one)}>${t(`person.${one}`)}</button>`)}</div>`}
    <${List} list=${videos} kind="tiles" icon="film" draw=${(card) => html`<${Tile} key=${card.id} card=${card} />`}
      empty=${t("person.no-videos")} emptyMore=${person.value?.mine ? t("person.no-videos.mine") : ""} />
  </section>`;
}

function Head({ person }) {
  const who = person.value;
  const sheet = useSignal("");
  return html`<header class="profile">
    <${Avatar} person=${who} size="xl" />
    <h1>${who.name}</h1>
    <p class="quiet">@${who.handle}${who.mutual && html` · ${t("person.mutual")}`}${!who.mutual && who.follows_me && html` · ${t("person.follows-you")}`}</p>
    ${who.bio && html`<p dir="auto">${who.bio}</p>`}
    <div class="profile-counts figures">
      ${["following", "followers"].map((one) => html`<button type="button" key=${one} class="count" disabled=${!who.shows_follows} onClick=${() => (sheet.value = one)}><strong>${tally(who[one])}</strong>${t(`person.${one}`)}</button>`)}
      <span class="count"><strong>${tally(who.likes)}</strong>${t("person.likes")}</span>
    </div>
    <div class="row">${who.mine ? html`<${Own} />` : html`<${Others} person=${person} />`}</div>
    ${sheet.value && html`<${Follows} person=${who} kind=${sheet.value} onClose=${() => (sheet.value = "")} />`}
  </header>`;
}

function Own() {
  return html`<a class="button" href="/mine"><${Icon} name="film" />${t("person.mine")}</a>
    <a class="button" href="/creator" target="_self"><${Icon} name="trending-up" />${t("person.centre")}</a>
    <a class="button" href="/collections"><${Icon} name="bookmark" />${t("person.collections")}</a>
    <a class="button" href="/settings" aria-label=${t("person.settings")}><${Icon} name="settings" /></a>`;
}

function Others({ person }) {
  const who = person.value;
  const set = (part) => (person.value = { ...person.value, ...part });
  const follow = () => {
    const wanted = !who.followed;
    const mutual = wanted && who.follows_me;
    set({ followed: wanted, followers: who.followers + (wanted ? 1 : -1), mutual, may_message: mutual && who.takes_messages });
    tell({ outcome: wanted ? "follow" : "unfollow", owner: who.id });
    // Whoever writes next must be known as a mutual follower by then.
    flush();
  };
  const block = () => {
    set({ blocked: !who.blocked });
    tell({ outcome: who.blocked ? "unblock" : "block", owner: who.id });
    if (!who.blocked) say(t("reel.blocked", { name: who.name }), block);
  };
  return html`<button type="button" class=${who.followed ? "button" : "button solid"} aria-pressed=${String(who.followed)} onClick=${follow}>
      ${t(who.followed ? "person.followed" : "person.follow")}</button>
    ${who.may_message && me.value.signed_in && html`<a class="button" href=${`/messages/${who.handle}`}><${Icon} name="send" />${t("person.message")}</a>`}
    <${IconButton} icon="ban" label=${t(who.blocked ? "person.unblock" : "person.block")} pressed=${who.blocked} onClick=${block} />`;
}

function Follows({ person, kind, onClose }) {
  const list = useList(async (cursor) => {
    const said = await ask("GET", `/app/people/${encodeURIComponent(person.handle)}/${kind}?cursor=${encodeURIComponent(cursor)}`);
    return { all: said.people, cursor: said.cursor };
  });
  return html`<${Sheet} title=${t(`person.${kind}`)} onClose=${onClose} kind="tall">
    <${List} list=${list} icon="users" empty=${t("person.nobody")} draw=${(one) => html`<li key=${one.handle}>
      <a href=${`/u/${one.handle}`} onClick=${onClose}><${Avatar} person=${one} size="s" /><span class="grow"><strong>${one.name}</strong> <span class="quiet">@${one.handle}</span></span></a></li>`} />
  </${Sheet}>`;
}
