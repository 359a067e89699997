// Settings: who may do what, what is told, limits for the young, words, sign-ins, one's own data.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ask, Declined, sentenceOf } from "/static/app/asking.js";
import { Field, Send, Switch, useForm, Whole } from "/static/app/forms.js";
import { Avatar, html, Icon } from "/static/app/html.js";
import { me } from "/static/app/me.js";
import { attempt, say } from "/static/app/notes.js";
import { Data, Leaving, Profile, SignIns } from "/static/app/screens/settings-account.js";
import { t } from "/static/words.js";

const CIRCLES = ["everyone", "followers", "mutual", "nobody"];
const PRIVACY = { message: ["mutual", "nobody"], comment: CIRCLES, likes: CIRCLES, follows: CIRCLES };
const TOLD = ["like", "comment", "mention", "follow", "message", "publish", "making", "contract"];

export const title = "settings.title";

export default function Settings() {
  const settings = useSignal(null);
  const trouble = useSignal("");
  useEffect(() => {
    if (me.value.signed_in) ask("GET", "/app/settings").then((said) => (settings.value = said), (error) => (trouble.value = sentenceOf(error)));
  }, [me.value.signed_in]);
  if (!me.value.signed_in) {
    return html`<section class="page"><h1>${t("settings.title")}</h1><p>${t("settings.sign-in")}</p>
      <a class="button solid" href="/signin?next=/settings">${t("signin.do")}</a><${Looks} /></section>`;
  }
  if (trouble.value) return html`<div class="middle" role="alert"><h1>${trouble.value}</h1></div>`;
  if (!settings.value) return html`<div class="middle" role="status"><span class="spinner"></span><span class="unseen">${t("app.loading")}</span></div>`;
  // A change shows at once and goes back where the platform says no.
  const change = (part) => {
    const before = settings.value;
    settings.value = merged(before, part);
    return attempt(() => ask("PATCH", "/app/settings", part).then((said) => (settings.value = said)), () => (settings.value = before));
  };
  return html`<section class="page">
    <div class="page-head"><h1>${t("settings.title")}</h1><a class="button" href=${`/u/${me.value.handle}`}>@${me.value.handle}</a></div>
    <${Leaving} />
    <${Profile} />
    <${Privacy} settings=${settings.value} change=${change} />
    <${Told} settings=${settings.value} change=${change} />
    <${Teen} settings=${settings.value} change=${change} />
    <${Words} settings=${settings.value} change=${change} />
    <${Blocked} />
    <${Looks} settings=${settings.value} change=${change} />
    <${SignIns} />
    <${Data} />
    <button type="button" class="button" onClick=${leave}><${Icon} name="log-out" />${t("settings.sign-out")}</button>
  </section>`;
}

function Privacy({ settings, change }) {
  return html`<div class="section"><h2>${t("settings.privacy")}</h2>
    ${Object.entries(PRIVACY).map(([name, circles]) => html`<label class="switch" key=${name}><span>${t(`settings.privacy.${name}`)}</span>
      <select value=${settings.privacy[name]} onChange=${(event) => change({ privacy: { [name]: event.target.value } })}>
        ${circles.map((circle) => html`<option key=${circle} value=${circle}>${t(`settings.circle.${circle}`)}</option>`)}</select></label>`)}
  </div>`;
}

function Told({ settings, change }) {
  return html`<div class="section"><h2>${t("settings.told")}</h2>
    ${TOLD.map((name) => html`<${Switch} key=${name} label=${t(`settings.told.${name}`)} checked=${settings.notifications[name]} onChange=${(on) => change({ notifications: { [name]: on } })} />`)}
    <${Switch} label=${t("settings.told.push")} checked=${settings.notifications.push} onChange=${(on) => (on ? subscribed() : Promise.resolve(true)).then((works) => works && change({ notifications: { push: on } }))} />
  </div>`;
}

function Teen({ settings, change }) {
  const teen = settings.teen;
  const pin = useSignal("");
  const pinned = (part) => (pin.value ? { ...part, pin: pin.value } : part);
  return html`<div class="section"><h2>${t("settings.teen")}</h2>
    <${Switch} label=${t("settings.teen.on")} hint=${t("settings.teen.more")} checked=${teen.on} disabled=${teen.locked_by_age} onChange=${(on) => change({ teen: pinned({ on }) })} />
    ${teen.locked_by_age && html`<p class="quiet">${t("settings.teen.locked")}</p>`}
    ${teen.on && teen.seconds_left !== null && html`<p class="quiet figures">${t("settings.teen.left", { minutes: Math.floor(teen.seconds_left / 60) })}</p>`}
    ${teen.pin_set && html`<div class="form-field"><label for="teen-pin">${t("settings.teen.pin")}</label>
      <input id="teen-pin" type="password" inputmode="numeric" maxlength="8" autocomplete="off" value=${pin.value} onInput=${(event) => (pin.value = event.target.value)} /></div>`}
    ${teen.on && html`<div class="pair">
      <label>${t("settings.teen.minutes")} <input type="number" min="1" max="600" value=${teen.minutes_per_day} onChange=${(event) => change({ teen: pinned({ minutes_per_day: Number(event.target.value) }) })} /></label>
      <label>${t("settings.teen.from")} <input type="time" value=${teen.quiet_from} onChange=${(event) => change({ teen: pinned({ quiet_from: event.target.value }) })} /></label>
      <label>${t("settings.teen.to")} <input type="time" value=${teen.quiet_to} onChange=${(event) => change({ teen: pinned({ quiet_to: event.target.value }) })} /></label></div>`}
    ${!teen.pin_set && html`<${NewPin} change=${change} />`}
  </div>`;
}

/** A parent's PIN: four to eight digits, and from then on nothing is loosened without it. */
function NewPin({ change }) {
  const form = useForm({ pin: "" });
  const set = ({ pin }) => change({ teen: { new_pin: pin } });
  return html`<details><summary>${t("settings.teen.pin.new")}</summary>
    <form class="form" onSubmit=${form.submit(set, (said) => said && say(t("settings.teen.pin.set")))}>
      <${Whole} form=${form} />
      <${Field} form=${form} name="pin" label=${t("settings.teen.pin")} hint=${t("settings.teen.pin.more")} type="password" inputmode="numeric" pattern="[0-9]{4,8}" autocomplete="off" required />
      <${Send} form=${form} label=${t("settings.profile.keep")} />
    </form></details>`;
}

function Words({ settings, change }) {
  const text = useSignal("");
  const words = settings.blocked_words;
  const add = (event) => {
    event.preventDefault();
    const word = text.value.trim();
    if (word && !words.includes(word)) change({ blocked_words: [...words, word] });
    text.value = "";
  };
  return html`<div class="section"><h2>${t("settings.words")}</h2><p class="quiet">${t("settings.words.more")}</p>
    <ul class="chips">${words.map((word) => html`<li key=${word} class="chip">${word}<button type="button" class="bare-words" aria-label=${t("settings.words.remove", { word })} onClick=${() => change({ blocked_words: words.filter((one) => one !== word) })}>×</button></li>`)}</ul>
    <form class="row" onSubmit=${add}><label class="unseen" for="blocked-word">${t("settings.words.add")}</label>
      <input id="blocked-word" maxlength="40" value=${text.value} placeholder=${t("settings.words.add")} onInput=${(event) => (text.value = event.target.value)} /><button class="button">${t("settings.add")}</button></form></div>`;
}

function Blocked() {
  const people = useSignal(null);
  useEffect(() => {
    ask("GET", "/app/blocked").then((said) => (people.value = said.people ?? []), () => (people.value = []));
  }, []);
  const free = (one) => {
    const before = people.value;
    people.value = before.filter((each) => each.handle !== one.handle);
    attempt(() => ask("DELETE", `/app/blocked/${encodeURIComponent(one.handle)}`), () => (people.value = before));
  };
  return html`<div class="section"><h2>${t("settings.blocked")}</h2>
    ${people.value?.length === 0 && html`<p class="quiet">${t("settings.blocked.none")}</p>`}
    <ul class="rows">${people.value?.map((one) => html`<li key=${one.handle} class="row-line"><${Avatar} person=${one} size="s" /><span class="grow">${one.name}</span>
      <button type="button" class="button small" onClick=${() => free(one)}>${t("person.unblock")}</button></li>`)}</ul></div>`;
}

/** Language and light: kept in cookies too, so that the next page is drawn in them from the start. */
function Looks({ settings, change }) {
  const language = document.documentElement.lang;
  const setTheme = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    document.cookie = `walras_theme=${theme}; path=/; max-age=31536000; samesite=strict`;
    change?.({ theme });
  };
  const setLanguage = async (to) => {
    await change?.({ language: to });
    location.href = `?lang=${to}`;
  };
  return html`<div class="section"><h2>${t("settings.looks")}</h2>
    <label class="switch"><span>${t("settings.language")}</span><select value=${language} onChange=${(event) => setLanguage(event.target.value)}>
      <option value="en" lang="en">English</option><option value="zh-CN" lang="zh-CN">简体中文</option></select></label>
    <label class="switch"><span>${t("settings.theme")}</span><select value=${settings?.theme ?? document.documentElement.dataset.theme ?? ""} onChange=${(event) => setTheme(event.target.value)}>
      ${["", "light", "dark"].map((one) => html`<option key=${one} value=${one}>${t(`settings.theme.${one || "device"}`)}</option>`)}</select></label>
    ${settings && html`<${Switch} label=${t("settings.reduced")} checked=${settings.reduced_data} onChange=${(on) => change({ reduced_data: on })} />`}
  </div>`;
}

async function leave() {
  await attempt(() => ask("POST", "/app/signout", {}));
  location.href = "/";
}

/** Ask the browser for push, and give the platform its address there. */
async function subscribed() {
  return attempt(async () => {
    const { key } = await ask("GET", "/app/push");
    if (!("serviceWorker" in navigator && "PushManager" in window)) throw new Declined(t("app.no-push"));
    const worker = await navigator.serviceWorker.ready;
    const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }).catch(() => {
      throw new Declined(t("app.no-push"));
    });
    await ask("POST", "/app/push", subscription.toJSON());
    return true;
  });
}

function merged(before, part) {
  const made = { ...before };
  for (const [name, value] of Object.entries(part)) {
    made[name] = value && typeof value === "object" && !Array.isArray(value) ? { ...before[name], ...value } : value;
  }
  return made;
}
