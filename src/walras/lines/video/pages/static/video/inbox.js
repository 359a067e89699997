// What happened to one's videos, comments and oneself; and the way to messages.

import { useEffect } from "preact/hooks";

import { ask } from "/static/app/asking.js";
import { gated } from "/static/app/gate.js";
import { Avatar, html, Icon } from "/static/app/html.js";
import { List, useList } from "/static/app/lists.js";
import { listen } from "/static/app/live.js";
import { meet } from "/static/app/me.js";
import { ago, exact, known, t } from "/static/words.js";

export const title = "inbox.title";

export default gated("inbox.sign-in", "bell", Inbox);

function Inbox() {
  const list = useList(async (cursor) => {
    const said = await ask("GET", `/app/inbox?cursor=${encodeURIComponent(cursor)}`);
    if (!cursor && said.notices.length && said.unread) {
      ask("POST", "/app/inbox/read", { up_to: said.notices[0].id }).then(meet).catch(() => {});
    }
    return { all: said.notices, cursor: said.cursor ?? "" };
  });
  useEffect(() => listen("notice", () => list.more(true)), []);
  return html`<section class="page">
    <div class="page-head"><h1>${t("inbox.title")}</h1><a class="button" href="/messages"><${Icon} name="send" />${t("messages.title")}</a></div>
    <${List} list=${list} icon="bell" empty=${t("inbox.none")} emptyMore=${t("inbox.none.more")} draw=${(notice) => html`<li key=${notice.id}><${Notice} notice=${notice} /></li>`} />
  </section>`;
}

function Notice({ notice }) {
  const key = known(notice.text_key) ? notice.text_key : "notice.other";
  const target = notice.video ? `/v/${notice.video}` : notice.actor ? `/u/${notice.actor.handle}` : "/inbox";
  return html`<a href=${target} class=${notice.read ? "" : "unread"}>
    ${notice.actor ? html`<${Avatar} person=${notice.actor} size="s" />` : html`<${Icon} name="bell" />`}
    <span class="grow">${t(key, { name: notice.actor?.name ?? "", ...notice.values })}<small class="quiet" title=${exact(notice.created_ms)}> ${ago(notice.created_ms)}</small></span>
    ${!notice.read && html`<span class="unseen">${t("inbox.unread")}</span><span class="dot" aria-hidden="true"></span>`}
  </a>`;
}
