// The sheet that is open over a card, by its kind.

import { html } from "/static/app/html.js";
import { Comments } from "/static/video/comments.js";
import { Keys } from "/static/video/keys-help.js";
import { More } from "/static/video/more.js";
import { Why } from "/static/video/why.js";

const KINDS = { comments: Comments, why: Why, more: More };

/** What `sheet` names, `{kind, card}`, or nothing. */
export function SheetOf({ sheet, leave }) {
  if (!sheet.value) return null;
  const { kind, card } = sheet.value;
  const close = () => (sheet.value = null);
  if (kind === "keys") return html`<${Keys} onClose=${close} />`;
  const Kind = KINDS[kind];
  return html`<${Kind} key=${kind} card=${card} onClose=${close} leave=${leave} open=${(next) => (sheet.value = { kind: next, card })} />`;
}
