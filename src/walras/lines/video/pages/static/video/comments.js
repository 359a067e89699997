// What people say of a video: threads of one level, liked, pinned, mentioned, taken back.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { ask, sentenceOf } from "/static/app/asking.js";
import { Avatar, html, Icon, IconButton } from "/static/app/html.js";
import { me } from "/static/app/me.js";
import { attempt, say } from "/static/app/notes.js";
import { Sheet } from "/static/app/sheet.js";
import { ago, exact, t, tally } from "/static/words.js";

const LENGTH_MAX = 500;

export function Comments({ card, onClose }) {
  const talk = useTalk(card);
  return html`<${Sheet} title=${t("comments.title", { count: card.counts.value.comments })} onClose=${onClose} kind="tall">
    <div class="segments" role="group" aria-label=${t("comments.order")}>
      ${["top", "new"].map(
        (order) => html`<button type="button" key=${order} aria-pressed=${String(talk.order.value === order)}
          onClick=${() => (talk.order.value = order)}>${t(`comments.order.${order}`)}</button>`,
      )}
    </div>
    ${talk.trouble.value && html`<p class="trouble" role="alert">${talk.trouble.value}
      <button type="button" class="button small" onClick=${talk.more}>${t("app.again")}</button></p>`}
    <ul class="comments">
      ${talk.all.value.map((comment) => html`<${Thread} key=${comment.id} comment=${comment} talk=${talk} card=${card} />`)}
    </ul>
    ${talk.loading.value && html`<div class="comments-waiting" role="status"><span class="spinner"></span></div>`}
    ${!talk.loading.value && !talk.all.value.length && !talk.trouble.value && html`<p class="empty">${t("comments.none")}</p>`}
    ${talk.cursor.value && html`<button type="button" class="button" onClick=${talk.more}>${t("app.show-more")}</button>`}
    <${Writing} card=${card} talk=${talk} />
  </${Sheet}>`;
}

/** The state of one talk: what is there, in which order, and whom an answer goes to. */
function useTalk(card) {
  const all = useSignal([]);
  const cursor = useSignal("");
  const order = useSignal("top");
  const loading = useSignal(true);
  const trouble = useSignal("");
  const answering = useSignal(null);
  const more = async () => {
    loading.value = true;
    const query = new URLSearchParams({ order: order.value, cursor: cursor.value });
    try {
      const said = await ask("GET", `/app/videos/${encodeURIComponent(card.id)}/comments?${query}`);
      const known = new Set(all.value.map((comment) => comment.id));
      all.value = [...all.value, ...said.comments.filter((comment) => !known.has(comment.id))];
      cursor.value = said.cursor;
      trouble.value = "";
    } catch (error) {
      trouble.value = sentenceOf(error);
    }
    loading.value = false;
  };
  useEffect(() => {
    all.value = [];
    cursor.value = "";
    more();
  }, [order.value]);
  return { all, cursor, order, loading, trouble, answering, more };
}

function Thread({ comment, talk, card }) {
  const replies = useSignal([]);
  const cursor = useSignal(null);
  const show = () =>
    attempt(async () => {
      const query = new URLSearchParams({ parent: comment.id, order: "new", cursor: cursor.value ?? "" });
      const said = await ask("GET", `/app/videos/${encodeURIComponent(card.id)}/comments?${query}`);
      replies.value = [...replies.value, ...said.comments];
      cursor.value = said.cursor;
    });
  const left = comment.replies - replies.value.length;
  return html`<li>
    <${One} comment=${comment} talk=${talk} card=${card} replies=${replies} />
    ${replies.value.length > 0 &&
    html`<ul class="comments replies">
      ${replies.value.map((reply) => html`<li key=${reply.id}><${One} comment=${reply} talk=${talk} card=${card} replies=${replies} parent=${comment} /></li>`)}
    </ul>`}
    ${left > 0 && cursor.value !== "" && html`<button type="button" class="bare-words" onClick=${show}>${t("comments.replies", { count: left })}</button>`}
  </li>`;
}

function One({ comment, talk, card, replies, parent }) {
  const liked = useSignal(comment.liked);
  const likes = useSignal(comment.likes);
  const state = useSignal(comment.removed ? "removed" : "");
  const pinned = useSignal(comment.pinned);
  const path = `/app/comments/${encodeURIComponent(comment.id)}`;
  const like = () => {
    const wanted = !liked.value;
    const put = (is) => {
      liked.value = is;
      likes.value += is ? 1 : -1;
    };
    put(wanted);
    attempt(() => ask(wanted ? "PUT" : "DELETE", `${path}/like`), () => put(!wanted));
  };
  const remove = () => {
    state.value = "removed";
    const timer = setTimeout(() => attempt(() => ask("DELETE", path).then(() => tallyDown(card)), () => (state.value = "")), 5000);
    say(t("comments.removed-now"), () => {
      clearTimeout(timer);
      state.value = "";
    });
  };
  const pin = () => {
    pinned.value = !pinned.value;
    attempt(() => ask(pinned.value ? "PUT" : "DELETE", `${path}/pin`), () => (pinned.value = !pinned.value));
  };
  if (state.value === "removed") return html`<p class="comment-gone">${t("comments.removed")}</p>`;
  return html`<article class="comment">
    <${Avatar} person=${comment.author} size="s" />
    <div>
      <p class="comment-head">
        <a href=${`/u/${comment.author.handle}`}>${comment.author.name}</a>
        ${comment.author.is_maker && html`<span class="chip small">${t("comments.maker")}</span>`}
        ${pinned.value && html`<span class="chip small"><${Icon} name="pin" />${t("comments.pinned")}</span>`}
      </p>
      <p class="comment-text" dir="auto">${withMentions(comment)}</p>
      <p class="comment-foot">
        <time title=${exact(comment.created_ms)}>${ago(comment.created_ms)}</time>
        <button type="button" class="bare-words" onClick=${() => (talk.answering.value = { comment: parent ?? comment, to: comment, replies })}>${t("comments.answer")}</button>
        ${card.maker.mine && !parent && html`<button type="button" class="bare-words" onClick=${pin}>${t(pinned.value ? "comments.unpin" : "comments.pin")}</button>`}
        ${(comment.mine || card.maker.mine) && html`<button type="button" class="bare-words" onClick=${remove}>${t("comments.remove")}</button>`}
      </p>
    </div>
    <div class="comment-like">
      <${IconButton} icon="heart" label=${t("comments.like")} filled=${liked.value} pressed=${liked.value} onClick=${like} />
      <span class="figures">${likes.value > 0 ? tally(likes.value) : ""}</span>
    </div>
  </article>`;
}

function Writing({ card, talk }) {
  const text = useSignal(kept(card.id));
  const box = useRef(null);
  const id = useRef(crypto.randomUUID());
  const answering = talk.answering.value;
  useEffect(() => {
    if (answering) box.current?.focus();
  }, [answering]);
  if (!me.value.signed_in) {
    return html`<p class="writing"><a class="button" href=${`/signin?next=${encodeURIComponent(location.pathname)}`}>${t("comments.sign-in")}</a></p>`;
  }
  const send = async (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (!said) return;
    const body = { id: id.current, text: said, parent: answering?.comment.id ?? "" };
    const comment = await attempt(() => ask("POST", `/app/videos/${encodeURIComponent(card.id)}/comments`, body));
    if (!comment) return;
    id.current = crypto.randomUUID();
    text.value = "";
    keep(card.id, "");
    if (answering) answering.replies.value = [...answering.replies.value, comment];
    else talk.all.value = [comment, ...talk.all.value];
    talk.answering.value = null;
    card.counts.value = { ...card.counts.value, comments: card.counts.value.comments + 1 };
  };
  return html`<form class="writing" onSubmit=${send}>
    ${answering && html`<p class="answering">${t("comments.answering", { name: answering.to.author.name })}
      <${IconButton} icon="x" label=${t("app.close")} onClick=${() => (talk.answering.value = null)} /></p>`}
    <label class="unseen" for="comment-box">${t("comments.write")}</label>
    <textarea id="comment-box" ref=${box} rows="1" maxlength=${LENGTH_MAX} placeholder=${t("comments.write")} dir="auto" value=${text.value}
      onInput=${(event) => {
        text.value = event.target.value;
        keep(card.id, text.value);
      }}
      onKeyDown=${(event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && send(event)}></textarea>
    <button type="submit" class="icon-button" aria-label=${t("comments.send")} title=${t("comments.send")} disabled=${!text.value.trim()}>
      <${Icon} name="send" />
    </button>
  </form>`;
}

/** The text with every @name that was understood as a link. */
function withMentions(comment) {
  const named = new Set(comment.mentions ?? []);
  return comment.text.split(/(@[\p{L}\p{N}_.-]+)/u).map((part) =>
    part.startsWith("@") && named.has(part.slice(1)) ? html`<a href=${`/u/${part.slice(1)}`}>${part}</a>` : part,
  );
}

function tallyDown(card) {
  card.counts.value = { ...card.counts.value, comments: Math.max(0, card.counts.value.comments - 1) };
}

function kept(video) {
  return sessionStorage.getItem(`comment ${video}`) ?? "";
}

function keep(video, text) {
  sessionStorage.setItem(`comment ${video}`, text);
}
