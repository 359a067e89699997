// A list that comes in pages: skeleton, what is there, empty, trouble, and more on the way down.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { sentenceOf } from "/static/app/asking.js";
import { html, Icon } from "/static/app/html.js";
import { t } from "/static/words.js";

/** State of a list whose pages `fetchPage(cursor)` gives as `{all, cursor}`; fetched anew when `key` changes. */
export function useList(fetchPage, key = "") {
  const all = useSignal(null);
  const cursor = useSignal("");
  const trouble = useSignal("");
  const busy = useRef(false);
  const more = async (anew = false) => {
    if (busy.current) return;
    busy.current = true;
    try {
      const page = await fetchPage(anew ? "" : cursor.value);
      all.value = anew ? page.all : [...(all.value ?? []), ...page.all];
      cursor.value = page.cursor ?? "";
      trouble.value = "";
    } catch (error) {
      trouble.value = sentenceOf(error);
    }
    busy.current = false;
  };
  useEffect(() => {
    all.value = null;
    more(true);
  }, [key]);
  return { all, cursor, trouble, more, set: (change) => (all.value = change(all.value ?? [])) };
}

/** The list as it stands; `draw(one)` gives each item. */
export function List({ list, draw, empty, emptyMore, icon = "circle-check", kind = "rows" }) {
  if (list.trouble.value && !list.all.value) return html`<${Trouble} list=${list} />`;
  if (list.all.value === null) return html`<${Skeleton} kind=${kind} />`;
  if (!list.all.value.length) {
    return html`<div class="empty"><${Icon} name=${icon} /><p>${empty}</p>${emptyMore && html`<p class="quiet">${emptyMore}</p>`}</div>`;
  }
  return html`<ul class=${kind}>${list.all.value.map(draw)}</ul>
    ${list.trouble.value && html`<${Trouble} list=${list} />`}
    ${list.cursor.value && html`<${End} more=${list.more} />`}`;
}

function Trouble({ list }) {
  return html`<p class="trouble" role="alert">${list.trouble.value}
    <button type="button" class="button small" onClick=${() => list.more(list.all.value === null)}>${t("app.again")}</button></p>`;
}

function Skeleton({ kind }) {
  return html`<div role="status"><span class="unseen">${t("app.loading")}</span>
    <div class=${`${kind} bones`} aria-hidden="true">${[1, 2, 3, 4, 5, 6].map((n) => html`<span key=${n} class="bone"></span>`)}</div></div>`;
}

/** The end of what is there: seen, it fetches more; it can also be pressed. */
function End({ more }) {
  const end = useRef(null);
  useEffect(() => {
    const seen = new IntersectionObserver(([entry]) => entry.isIntersecting && more(), { rootMargin: "400px" });
    seen.observe(end.current);
    return () => seen.disconnect();
  }, []);
  return html`<p class="list-end" ref=${end}><button type="button" class="button" onClick=${() => more()}>${t("app.show-more")}</button></p>`;
}
