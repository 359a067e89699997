// What every console's screens do: deeds with five seconds to take them back, tables that sort and filter, and the
// marks of which charts are drawn once they come into view.

import { byId, toast } from "/static/elements.js";
import { known, t } from "/static/words.js";

const UNDO_S = 5;
const waiting = new Map();

/** A sentence about what a deed was answered. */
async function sentenceOf(answer) {
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 401) return t("desk.only-looking");
  if (known(`desk.fault.${said.code}`)) return t(`desk.fault.${said.code}`);
  return t("page.refused", { detail: said.detail || said.title || String(answer.status) });
}

function send(form, body) {
  return fetch(form.action, {
    method: "POST",
    keepalive: true,
    headers: { "content-type": "application/x-www-form-urlencoded", "x-requested-with": "deed" },
    body,
  });
}

/** Do a form's deed now; what it was about comes back where the server says no. */
async function settle(form) {
  const { body, gone, timer } = waiting.get(form);
  clearTimeout(timer);
  waiting.delete(form);
  const answer = await send(form, body).catch(() => null);
  if (answer?.ok) {
    document.dispatchEvent(new CustomEvent("deed", { detail: { form } }));
    const there = answer.headers.get("location") || (form.dataset.then === "reload" ? location.href : "");
    if (there === location.href) location.reload();
    else if (there) location.assign(there);
    return;
  }
  gone?.removeAttribute("data-gone");
  document.dispatchEvent(new CustomEvent("deedundone", { detail: { form } }));
  toast(answer ? await sentenceOf(answer) : t("page.unreachable"));
}

/** Begin a deed: it is done after five seconds, unless it is taken back before. */
function begin(form, submitter) {
  if (waiting.has(form)) return;
  const body = new URLSearchParams(new FormData(form, submitter));
  const gone = form.closest("[data-of-deed]");
  gone?.setAttribute("data-gone", "");
  document.dispatchEvent(new CustomEvent("deedbegun", { detail: { form } }));
  if (form.dataset.deed === "now") {
    waiting.set(form, { body, gone, timer: 0 });
    settle(form);
    return;
  }
  waiting.set(form, { body, gone, timer: setTimeout(() => settle(form), UNDO_S * 1000) });
  const said = submitter?.dataset.done || form.dataset.done;
  toast(said, () => {
    clearTimeout(waiting.get(form)?.timer);
    waiting.delete(form);
    gone?.removeAttribute("data-gone");
    document.dispatchEvent(new CustomEvent("deedundone", { detail: { form } }));
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-deed]")) return;
  event.preventDefault();
  begin(form, event.submitter);
});
// Whoever leaves has decided: nothing that was said is lost.
addEventListener("pagehide", () => {
  for (const [form, { body, timer }] of waiting) {
    clearTimeout(timer);
    send(form, body).catch(() => {});
  }
  waiting.clear();
});

// ------------------------------------------------------------ tables

function valueOf(row, column) {
  const cell = row.cells[column];
  const said = cell.dataset.value ?? cell.querySelector("time")?.dateTime ?? cell.textContent.trim();
  const number = Number(said);
  return said !== "" && Number.isFinite(number) ? number : said;
}

function compare(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), document.documentElement.lang);
}

function sort(table, head) {
  const column = [...head.parentElement.cells].indexOf(head);
  const falls = head.getAttribute("aria-sort") === "descending";
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", falls ? "ascending" : "descending");
  const sign = falls ? 1 : -1;
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => sign * compare(valueOf(a, column), valueOf(b, column)));
  table.tBodies[0].append(...rows);
}

document.addEventListener("click", (event) => {
  const head = event.target.closest?.(".table thead th");
  if (head && event.target.closest("button")) sort(head.closest("table"), head);
});

document.addEventListener("input", (event) => {
  const box = event.target;
  if (!box.dataset.filters) return;
  const wanted = box.value.trim().toLocaleLowerCase();
  let shown = 0;
  for (const row of byId(box.dataset.filters).tBodies[0].rows) {
    row.hidden = wanted !== "" && !row.textContent.toLocaleLowerCase().includes(wanted);
    shown += row.hidden ? 0 : 1;
  }
  const none = byId(`${box.dataset.filters}-none`);
  if (none) none.hidden = shown > 0;
});

// A table that is wider than the screen can be scrolled by keyboard.
for (const scroll of document.querySelectorAll(".scroll")) scroll.tabIndex = 0;

/** Call once when an element first comes into view. */
export function whenSeen(element, call) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    call();
  }, { rootMargin: "200px" });
  watch.observe(element);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]");
  if (!button) return;
  await navigator.clipboard.writeText(byId(button.dataset.copies).textContent);
  toast(t("desk.copied"), null, 2);
});
