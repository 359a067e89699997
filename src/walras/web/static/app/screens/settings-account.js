// The parts of the settings that are about the account itself: the profile, sign-ins, passkeys, one's data, leaving.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ask } from "/static/app/asking.js";
import { Field, Send, useForm, Whole } from "/static/app/forms.js";
import { html, Icon, IconButton } from "/static/app/html.js";
import { change as changeMe, me, meet } from "/static/app/me.js";
import { attempt, say } from "/static/app/notes.js";
import { makePasskey, passkeysWork } from "/static/app/passkeys.js";
import { go } from "/static/app/router.js";
import { Sheet } from "/static/app/sheet.js";
import { ago, t } from "/static/words.js";

/** What others see of oneself. */
export function Profile() {
  const { name, handle, bio } = me.value;
  const form = useForm({ name, handle, bio: bio ?? "" });
  const kept = (said) => {
    changeMe(said);
    say(t("settings.profile.kept"));
  };
  return html`<div class="section"><h2>${t("settings.profile")}</h2>
    <form class="form" onSubmit=${form.submit((values) => ask("PATCH", "/app/me", values), kept)}>
      <${Whole} form=${form} />
      <${Field} form=${form} name="name" label=${t("signup.name")} autocomplete="name" maxlength="40" required />
      <${Field} form=${form} name="handle" label=${t("signup.handle")} hint=${t("signup.handle.hint")} maxlength="30" required />
      <${Field} form=${form} name="bio" label=${t("settings.profile.bio")}>${(shared) => html`<textarea rows="2" maxlength="300" dir="auto" ...${shared}></textarea>`}</${Field}>
      <${Send} form=${form} label=${t("settings.profile.keep")} />
    </form></div>`;
}

/** An account that is leaving says when, and can stay. */
export function Leaving() {
  if (!me.value.leaves_ms) return null;
  const stay = () => attempt(() => ask("POST", "/app/me/stay", {}).then(meet));
  return html`<p class="trouble" role="status">${t("settings.leaving", { when: ago(me.value.leaves_ms) })}
    <button type="button" class="button small" onClick=${stay}>${t("settings.stay")}</button></p>`;
}

/** Browsers that are signed in, and passkeys. */
export function SignIns() {
  const all = useSignal([]);
  useEffect(() => {
    ask("GET", "/app/sessions").then((said) => (all.value = said.sessions), () => {});
  }, []);
  const end = (one) => attempt(() => ask("DELETE", `/app/sessions/${one.id}`).then(() => (all.value = all.value.filter((each) => each.id !== one.id))));
  return html`<div class="section"><h2>${t("settings.sign-ins")}</h2>
    <ul class="rows">${all.value.map((one) => html`<li key=${one.id} class="row-line"><${Icon} name="monitor" /><span class="grow">${one.agent}<br /><small class="quiet">${one.current ? t("settings.sign-ins.here") : ago(one.seen_ms)}</small></span>
      ${!one.current && html`<button type="button" class="button small" onClick=${() => end(one)}>${t("settings.sign-ins.end")}</button>`}</li>`)}</ul>
    ${passkeysWork() && html`<${Passkeys} />`}
  </div>`;
}

function Passkeys() {
  const all = useSignal([]);
  const learn = () => ask("GET", "/app/passkeys").then((said) => (all.value = said.passkeys), () => {});
  useEffect(() => {
    learn();
  }, []);
  const forget = (one) => attempt(() => ask("DELETE", `/app/passkeys/${encodeURIComponent(one.id)}`).then(learn));
  const make = () => attempt(() => makePasskey(navigator.platform).then(() => { say(t("settings.passkey.made")); learn(); }));
  return html`<h3>${t("settings.passkeys")}</h3>
    <ul class="rows">${all.value.map((one) => html`<li key=${one.id} class="row-line"><${Icon} name="fingerprint-pattern" /><span class="grow">${one.name}<br /><small class="quiet">${ago(one.used_ms || one.created_ms)}</small></span>
      <${IconButton} icon="trash-2" label=${t("settings.passkeys.remove")} onClick=${() => forget(one)} /></li>`)}</ul>
    <button type="button" class="button" onClick=${make}><${Icon} name="plus" />${t("settings.passkey")}</button>`;
}

/** Taking one's data along, and leaving. */
export function Data() {
  const leaving = useSignal(false);
  return html`<div class="section"><h2>${t("settings.data")}</h2>
    <div class="row"><a class="button" href="/app/export" download><${Icon} name="download" />${t("settings.export")}</a>
      <button type="button" class="button" onClick=${() => (leaving.value = true)}><${Icon} name="trash-2" />${t("settings.delete")}</button></div>
    ${leaving.value && html`<${Deletion} onClose=${() => (leaving.value = false)} />`}</div>`;
}

function Deletion({ onClose }) {
  const form = useForm({ password: "" });
  return html`<${Sheet} title=${t("settings.delete")} onClose=${onClose}>
    <p>${t("settings.delete.more")}</p>
    <form class="form" onSubmit=${form.submit((values) => ask("DELETE", "/app/me", values), () => { say(t("settings.delete.done")); meet(); go("/"); })}>
      <${Whole} form=${form} />
      <${Field} form=${form} name="password" label=${t("signin.password")} type="password" autocomplete="current-password" required />
      <${Send} form=${form} label=${t("settings.delete.do")} />
    </form>
  </${Sheet}>`;
}
