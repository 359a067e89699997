// A sheet that rises over the screen: the browser's own dialog, so that focus, Escape and readers behave.

import { useEffect, useRef } from "preact/hooks";

import { html, IconButton } from "/static/app/html.js";
import { t } from "/static/words.js";

/** A sheet with a title; `onClose` hears of every way out. */
export function Sheet({ title, onClose, children, kind = "" }) {
  const dialog = useRef(null);
  // Taken off the page, it is not closed by the person: another sheet may stand in its place.
  const gone = useRef(false);
  useEffect(() => {
    const element = dialog.current;
    element.showModal();
    return () => {
      gone.current = true;
      if (element.open) element.close();
    };
  }, []);
  return html`<dialog
    ref=${dialog}
    class=${`sheet ${kind}`}
    aria-label=${title}
    onClose=${() => gone.current || onClose()}
    onClick=${(event) => event.target === dialog.current && dialog.current.close()}
  >
    <div class="sheet-inside">
      <header class="sheet-head">
        <h2>${title}</h2>
        <${IconButton} icon="x" label=${t("app.close")} onClick=${() => dialog.current.close()} />
      </header>
      <div class="sheet-body">${children}</div>
    </div>
  </dialog>`;
}
