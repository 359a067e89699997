// The app starts here: the shell's screens are learnt, the present one is fetched and drawn, and a new address draws
// another without a new page.

import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";

import { Bar } from "/static/app/bar.js";
import { html, Icon } from "/static/app/html.js";
import { listen } from "/static/app/live.js";
import { me, meet } from "/static/app/me.js";
import { Notes } from "/static/app/notes.js";
import { openOutbox } from "/static/app/outbox.js";
import { learnScreens, place, screenOf } from "/static/app/router.js";
import { t } from "/static/words.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
const drawn = signal(null);
// A screen whose module comes sooner is drawn once, and not first as one that waits.
const PATIENCE_MS = 300;
let wasHere = false;
let asked = "";
// Several at once are counted once.
const NEWS_MS = 400;
let newsTimer = 0;

function App() {
  const path = place.value.path;
  useEffect(() => {
    draw(path);
  }, [path]);
  const shown = drawn.value;
  return html`
    <a class="skip-link" href="#main">${t("app.skip")}</a>
    <${Bar} screens=${boot.screens} language=${boot.language} />
    <main id="main" class="screen" tabindex="-1">
      ${shown ? html`<${shown.Screen} key=${shown.key} ...${shown.values} />` : html`<${Waiting} />`}
    </main>
    <${Notes} />
  `;
}

/** Fetch the module of an address and show what it draws; a screen's own module says what is missing in it. */
async function draw(path) {
  if (asked === path) return;
  asked = path;
  const found = screenOf(path);
  if (!found) {
    drawn.value = { Screen: Nowhere, values: {}, key: path };
    return;
  }
  try {
    const module = await import(found.screen.module);
    // The person may have gone on while the module came.
    if (place.value.path === path) {
      const key = module.sameFor ? module.sameFor(found.values) : path;
      drawn.value = { Screen: module.default, values: found.values, key };
      arrive(module.title ? `${t(module.title)} · Walras` : "Walras");
    }
  } catch {
    drawn.value = { Screen: Unreached, values: {}, key: `lost ${path}` };
  }
}

/** Say where the person is; after the first page also to those who listen instead of look. */
function arrive(title) {
  document.title = title;
  if (wasHere && !document.querySelector("dialog[open]")) document.getElementById("main").focus({ preventScroll: true });
  wasHere = true;
}

function Waiting() {
  return html`<div class="middle" role="status"><span class="spinner"></span><span class="unseen">${t("app.loading")}</span></div>`;
}

function Nowhere() {
  return html`<div class="middle">
    <${Icon} name="map-pin" />
    <h1>${t("app.nowhere")}</h1>
    <p>${t("app.nowhere.more")}</p>
    <a class="button" href="/">${t("app.to-feed")}</a>
  </div>`;
}

function Unreached() {
  return html`<div class="middle">
    <${Icon} name="wifi-off" />
    <h1>${t("app.offline")}</h1>
    <p>${t("app.offline.more")}</p>
    <button type="button" class="button" onClick=${() => location.reload()}>${t("app.again")}</button>
  </div>`;
}

/** What arrives while the app is open is counted beside the bar's icon at once. */
function hearOfNews() {
  for (const kind of ["notice", "message"]) listen(kind, news);
}

function news() {
  clearTimeout(newsTimer);
  newsTimer = setTimeout(() => meet().catch(() => {}), NEWS_MS);
}

function keepOffline() {
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});
}

learnScreens(boot.screens);
await Promise.race([draw(place.value.path), new Promise((done) => setTimeout(done, PATIENCE_MS))]);
const stage = document.getElementById("app");
// What the page showed until its scripts were there.
stage.replaceChildren();
render(html`<${App} />`, stage);
openOutbox();
effect(() => me.value.signed_in && hearOfNews());
if (!me.value.person) meet().catch(() => {});
if (document.readyState === "complete") keepOffline();
else addEventListener("load", keepOffline);
