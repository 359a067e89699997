// A password that was lost: a code comes, a new one is set.

import { useSignal } from "@preact/signals";

import { ask } from "/static/app/asking.js";
import { Field, Send, useForm, Whole } from "/static/app/forms.js";
import { html } from "/static/app/html.js";
import { arrived } from "/static/app/screens/signin.js";
import { reachOf } from "/static/app/screens/signup.js";
import { t } from "/static/words.js";

export const title = "recover.title";

export default function Recover() {
  const sent = useSignal(false);
  const form = useForm({ reach: "", code: "", password: "" });
  const first = (values) => ask("POST", "/app/codes", { ...reachOf(values.reach), purpose: "recovery" });
  const second = (values) => ask("POST", "/app/recover", { code: values.code.trim(), password: values.password });
  return html`<section class="page">
    <h1>${t("recover.title")}</h1>
    <p class="quiet">${t(sent.value ? "recover.sent" : "recover.more")} ${sent.value && html`<a href="/outbox" target="_blank">${t("signup.outbox")}</a>`}</p>
    <form class="form" onSubmit=${form.submit(sent.value ? second : first, sent.value ? arrived : () => (sent.value = true))}>
      <${Whole} form=${form} />
      <${Field} form=${form} name="reach" label=${t("signup.reach")} autocomplete="email" required readonly=${sent.value} />
      ${sent.value && html`<${Field} form=${form} name="code" label=${t("signup.code")} inputmode="numeric" autocomplete="one-time-code" required />
        <${Field} form=${form} name="password" label=${t("recover.password")} type="password" autocomplete="new-password" minlength="8" required />`}
      <${Send} form=${form} label=${t(sent.value ? "recover.do" : "recover.send")} />
    </form>
  </section>`;
}
