// On a narrow screen the three columns become three views; the arrow keys move between their tabs.

import { byId } from "/static/elements.js";

/** Make the tabs work. */
export function tabs() {
  const all = [...byId("views").querySelectorAll("[role=tab]")];
  const show = (tab) => {
    byId("columns").dataset.view = tab.getAttribute("aria-controls");
    for (const other of all) {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
    }
  };
  for (const [n, tab] of all.entries()) {
    tab.addEventListener("click", () => show(tab));
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = all[(n + by + all.length) % all.length];
      show(next);
      next.focus();
    });
  }
}
