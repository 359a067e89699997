// The review queue by keyboard: step through what waits, decide, and go on to the next; a decision that is taken back
// brings its video back.

import { byId } from "/static/elements.js";

const player = () => byId("player");
let streaming;

function entry(video) {
  return [...document.querySelectorAll("#queue > li")].find((row) => row.dataset.video === video);
}

function mark(video) {
  for (const link of document.querySelectorAll("#queue a")) link.removeAttribute("aria-current");
  entry(video)?.querySelector("a").setAttribute("aria-current", "true");
}

/** Where a browser cannot play a playlist itself, and there is no single file, the library feeds it. */
async function play() {
  const video = player();
  if (!video || video.src || !video.dataset.hls) return;
  if (!("MediaSource" in globalThis || "ManagedMediaSource" in globalThis)) {
    video.src = video.dataset.hls;
    return;
  }
  streaming ??= import("/static/vendor/hls.js");
  const { default: Hls } = await streaming;
  const feed = new Hls();
  feed.loadSource(video.dataset.hls);
  feed.attachMedia(video);
}

function step(by) {
  const rows = [...document.querySelectorAll("#queue > li:not([data-gone])")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.querySelector("[aria-current]"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  next.querySelector("a").click();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
}

document.addEventListener("deedbegun", (event) => {
  const { video } = event.detail.form.dataset;
  const row = video && entry(video);
  if (!row) return;
  const rows = [...document.querySelectorAll("#queue > li:not([data-gone])")];
  const next = rows[rows.indexOf(row) + 1] || rows[rows.indexOf(row) - 1];
  row.setAttribute("data-gone", "");
  next?.querySelector("a").click();
});
document.addEventListener("deedundone", (event) => {
  const row = entry(event.detail.form.dataset.video);
  row?.removeAttribute("data-gone");
  row?.querySelector("a").click();
});
document.addEventListener("deed", (event) => entry(event.detail.form.dataset.video)?.remove());

// A verdict that a maker must be able to understand needs its reason.
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".verdict") || event.submitter?.value === "pass") return;
  const reason = byId("reason");
  byId("missing").hidden = reason.value.trim() !== "";
  if (reason.value.trim()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  reason.focus();
}, { capture: true });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select, video")) return;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else document.querySelector(`#case [data-key="${CSS.escape(event.key)}"]:not([disabled])`)?.click();
});
document.addEventListener("htmx:afterSettle", () => {
  const shown = byId("case")?.dataset.case;
  if (shown) mark(shown);
  play();
});
play();
