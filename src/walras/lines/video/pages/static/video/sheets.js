// The sheet that is open over a card, by its kind. Their modules come when a sheet is first wanted, or once the first film
// plays, whichever is sooner: nobody needs them to see it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Unreachable } from "/static/app/asking.js";
import { html } from "/static/app/html.js";
import { complain } from "/static/app/notes.js";

const KINDS = {
  comments: () => import("/static/video/comments.js").then((module) => module.Comments),
  keys: () => import("/static/video/keys-help.js").then((module) => module.Keys),
  more: () => import("/static/video/more.js").then((module) => module.More),
  why: () => import("/static/video/why.js").then((module) => module.Why),
};

/** Fetch every sheet's module, so that the first one opens at once. */
export function fetchSheets() {
  for (const fetched of Object.values(KINDS)) fetched().catch(() => {});
}

/** What `sheet` names, `{kind, card}`, or nothing. */
export function SheetOf({ sheet, leave }) {
  const drawn = useSignal({});
  const { kind, card } = sheet.value ?? {};
  const close = () => (sheet.value = null);
  useEffect(() => {
    if (!kind || drawn.value[kind]) return;
    KINDS[kind]().then(
      (Kind) => (drawn.value = { ...drawn.value, [kind]: Kind }),
      () => {
        close();
        complain(new Unreachable());
      },
    );
  }, [kind]);
  const Kind = drawn.value[kind];
  if (!kind || !Kind) return null;
  return html`<${Kind} key=${kind} card=${card} onClose=${close} leave=${leave} open=${(next) => (sheet.value = { kind: next, card })} />`;
}
