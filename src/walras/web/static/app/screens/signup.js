// Sign up: who, how to be reached, a password; then the code that was sent.

import { useSignal } from "@preact/signals";

import { ask } from "/static/app/asking.js";
import { Field, Send, useForm, Whole } from "/static/app/forms.js";
import { html } from "/static/app/html.js";
import { say } from "/static/app/notes.js";
import { arrived } from "/static/app/screens/signin.js";
import { t } from "/static/words.js";

export const title = "signup.title";

export default function SignUp() {
  const step = useSignal("who");
  const form = useForm({ name: "", handle: "", reach: "", password: "", birth_year: "" });
  const confirm = useForm({ code: "" });
  const asked = (values) => ask("POST", "/app/signup", bodyOf(values));
  if (step.value === "code") {
    const again = () => asked(form.values.value).then(() => say(t("signup.sent-again")), (error) => say(error.message));
    return html`<section class="page">
      <h1>${t("signup.code.title")}</h1>
      <p class="quiet">${t("signup.code.more", { reach: form.values.value.reach })} <a href="/outbox" target="_blank">${t("signup.outbox")}</a></p>
      <form class="form" onSubmit=${confirm.submit((values) => ask("POST", "/app/signup/confirm", { code: values.code.trim() }), arrived)}>
        <${Whole} form=${confirm} />
        <${Field} form=${confirm} name="code" label=${t("signup.code")} inputmode="numeric" autocomplete="one-time-code" required />
        <${Send} form=${confirm} label=${t("signup.confirm")} />
        <button type="button" class="button" onClick=${again}>${t("signup.again")}</button>
      </form>
    </section>`;
  }
  return html`<section class="page">
    <h1>${t("signup.title")}</h1>
    <p class="quiet">${t("signup.more")}</p>
    <form class="form" onSubmit=${form.submit(asked, () => (step.value = "code"))}>
      <${Whole} form=${form} />
      <${Field} form=${form} name="name" label=${t("signup.name")} autocomplete="name" maxlength="40" required />
      <${Field} form=${form} name="handle" label=${t("signup.handle")} hint=${t("signup.handle.hint")} autocomplete="username" maxlength="30" required />
      <${Field} form=${form} name="reach" label=${t("signup.reach")} autocomplete="email" required />
      <${Field} form=${form} name="password" label=${t("signup.password")} hint=${t("signup.password.hint")} type="password" autocomplete="new-password" minlength="8" required />
      <${Field} form=${form} name="birth_year" label=${t("signup.birth")} hint=${t("signup.birth.hint")} inputmode="numeric" maxlength="4" required />
      <${Send} form=${form} label=${t("signup.do")} />
      <p><a href=${`/signin${location.search}`}>${t("signup.have")}</a></p>
    </form>
  </section>`;
}

/** Where a code goes: an address with an @ is e-mail, anything else a telephone. */
export function reachOf(reach) {
  const said = reach.trim();
  return said.includes("@") ? { email: said } : { phone: said };
}

function bodyOf({ name, handle, reach, password, birth_year }) {
  return { name, handle: handle.replace(/^@/, ""), password, birth_year: Number(birth_year), ...reachOf(reach) };
}
