// Messages between people who follow each other: the threads, and one of them.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { ask } from "/static/app/asking.js";
import { gated } from "/static/app/gate.js";
import { Avatar, html, Icon, IconButton } from "/static/app/html.js";
import { List, useList } from "/static/app/lists.js";
import { listen } from "/static/app/live.js";
import { meet } from "/static/app/me.js";
import { attempt } from "/static/app/notes.js";
import { back } from "/static/app/router.js";
import { ago, exact, t } from "/static/words.js";

const LENGTH_MAX = 1000;

export const title = "messages.title";

export default gated("messages.sign-in", "send", ({ handle }) =>
  handle ? html`<${Thread} key=${handle} handle=${handle} />` : html`<${Threads} />`,
);

function Threads() {
  const list = useList(async () => ({ all: (await ask("GET", "/app/messages")).threads, cursor: "" }));
  useEffect(() => listen("message", () => list.more(true)), []);
  return html`<section class="page">
    <div class="page-head"><${IconButton} icon="arrow-left" label=${t("app.back")} onClick=${() => back("/inbox")} /><h1>${t("messages.title")}</h1></div>
    <${List} list=${list} icon="send" empty=${t("messages.none")} emptyMore=${t("messages.none.more")} draw=${(thread) => html`<li key=${thread.with.handle}>
      <a href=${`/messages/${thread.with.handle}`} class=${thread.unread ? "unread" : ""}><${Avatar} person=${thread.with} size="s" />
        <span class="grow"><strong>${thread.with.name}</strong><br /><span class="quiet" dir="auto">${thread.last || t("messages.removed")}</span></span>
        <small class="quiet">${ago(thread.last_message.created_ms)}</small></a></li>`} />
  </section>`;
}

function Thread({ handle }) {
  const all = useSignal([]);
  const whom = useSignal({ handle, name: handle, avatar: "" });
  const cursor = useSignal("");
  const text = useSignal("");
  const open = useSignal(true);
  const end = useRef(null);
  const older = () =>
    attempt(async () => {
      const said = await ask("GET", `/app/messages/${encodeURIComponent(handle)}?cursor=${encodeURIComponent(cursor.value)}`);
      all.value = [...[...said.messages].reverse(), ...all.value];
      cursor.value = said.cursor ?? "";
      open.value = said.may_write;
      if (said.with) whom.value = said.with;
    });
  const add = (message) => {
    if (!all.value.some((one) => one.id === message.id)) all.value = [...all.value, message];
  };
  // Asking for it is what makes it read, also in the count beside the bar's icon.
  const arrived = (message) => {
    add(message);
    end.current?.scrollIntoView({ behavior: "smooth" });
    ask("GET", `/app/messages/${encodeURIComponent(handle)}?n=1`).then(meet).catch(() => {});
  };
  useEffect(() => {
    older().then(() => {
      end.current?.scrollIntoView();
      meet().catch(() => {});
    });
    return listen("message", (said) => said.with === handle && arrived(said.message));
  }, [handle]);
  const send = async (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (!said) return;
    text.value = "";
    const message = await attempt(() => ask("POST", `/app/messages/${encodeURIComponent(handle)}`, { id: crypto.randomUUID(), text: said }), () => (text.value = said));
    if (message) add(message);
    end.current?.scrollIntoView({ behavior: "smooth" });
  };
  return html`<section class="page thread">
    <div class="page-head"><${IconButton} icon="arrow-left" label=${t("app.back")} onClick=${() => back("/messages")} />
      <${Avatar} person=${whom.value} size="s" /><h1><a href=${`/u/${handle}`}>${whom.value.name}</a></h1></div>
    ${cursor.value && html`<button type="button" class="button small" onClick=${older}>${t("messages.older")}</button>`}
    <ol class="bubbles" aria-live="polite">
      ${all.value.map((message) => html`<li key=${message.id} class=${message.mine ? "bubble mine" : "bubble"}><p dir="auto">${message.removed ? t("messages.removed") : message.text}</p><small title=${exact(message.created_ms)}>${ago(message.created_ms)}</small></li>`)}
    </ol>
    <span ref=${end}></span>
    ${!open.value && html`<p class="empty">${t("messages.closed")}</p>`}
    <form class="writing" hidden=${!open.value} onSubmit=${send}>
      <label class="unseen" for="message-box">${t("messages.write")}</label>
      <textarea id="message-box" rows="1" maxlength=${LENGTH_MAX} placeholder=${t("messages.write")} dir="auto" value=${text.value} onInput=${(event) => (text.value = event.target.value)}
        onKeyDown=${(event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && send(event)}></textarea>
      <button type="submit" class="icon-button" aria-label=${t("comments.send")} title=${t("comments.send")} disabled=${!text.value.trim()}><${Icon} name="send" /></button>
    </form>
  </section>`;
}
