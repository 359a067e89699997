// Sign in: by password or by passkey. Where one came from is where one goes.

import { useSignal } from "@preact/signals";

import { ask } from "/static/app/asking.js";
import { Field, Send, useForm, Whole } from "/static/app/forms.js";
import { html, Icon } from "/static/app/html.js";
import { meet } from "/static/app/me.js";
import { attempt } from "/static/app/notes.js";
import { flush } from "/static/app/outbox.js";
import { passkeysWork, signInWithPasskey } from "/static/app/passkeys.js";
import { go } from "/static/app/router.js";
import { t } from "/static/words.js";

export const title = "signin.title";

export default function SignIn() {
  const form = useForm({ login: "", password: "" });
  const shown = useSignal(false);
  return html`<section class="page">
    <h1>${t("signin.title")}</h1>
    <form class="form" onSubmit=${form.submit(signIn, arrived)}>
      <${Whole} form=${form} />
      <${Field} form=${form} name="login" label=${t("signin.login")} autocomplete="username webauthn" required />
      <${Field} form=${form} name="password" label=${t("signin.password")} type=${shown.value ? "text" : "password"} autocomplete="current-password" required />
      <label><input type="checkbox" checked=${shown.value} onChange=${(event) => (shown.value = event.target.checked)} /> ${t("signin.show")}</label>
      <${Send} form=${form} label=${t("signin.do")} />
      ${passkeysWork() && html`<button type="button" class="button" onClick=${() => attempt(signInWithPasskey).then((said) => said && arrived())}>
        <${Icon} name="fingerprint-pattern" />${t("signin.passkey")}</button>`}
      <p class="row"><a href=${`/signup${location.search}`}>${t("signin.new")}</a><a href="/recover">${t("signin.forgot")}</a></p>
    </form>
  </section>`;
}

/** What she did as a guest is the guest's, so it goes out first. */
async function signIn(values) {
  await flush();
  return ask("POST", "/app/signin", values);
}

/** Signed in: who this is is asked anew, and the person goes on where she was. */
export async function arrived() {
  await meet().catch(() => {});
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  go(next.startsWith("/") && !next.startsWith("//") ? next : "/", { replace: true });
}
