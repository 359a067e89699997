// Forms that keep what was typed, say what is wrong beside the field it is about, and wait while they are sent.

import { useSignal } from "@preact/signals";

import { Refusal, sentenceOf } from "/static/app/asking.js";
import { html } from "/static/app/html.js";
import { known, t } from "/static/words.js";

/** State of a form: values by name, what is wrong by name, whether it is being sent. */
export function useForm(start) {
  const values = useSignal(start);
  const wrong = useSignal({});
  const busy = useSignal(false);
  const set = (name, value) => {
    values.value = { ...values.value, [name]: value };
    wrong.value = { ...wrong.value, [name]: undefined };
  };
  /** Send with `send(values)`; `done(answer)` hears of success. */
  const submit = (send, done) => async (event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    wrong.value = {};
    try {
      done?.(await send(values.value));
    } catch (error) {
      wrong.value = faultsOf(error);
    }
    busy.value = false;
  };
  return { values, wrong, busy, set, submit };
}

/** One line of a form. */
export function Field({ form, name, label, hint, type = "text", children, ...rest }) {
  const id = `field-${name}`;
  const fault = form.wrong.value[name];
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ") || undefined;
  const shared = {
    id,
    name,
    "aria-invalid": fault ? "true" : undefined,
    "aria-describedby": described,
    value: form.values.value[name] ?? "",
    onInput: (event) => form.set(name, event.target.value),
    ...rest,
  };
  return html`<div class="form-field">
    <label for=${id}>${label}</label>
    ${children ? children(shared) : html`<input type=${type} ...${shared} />`}
    ${hint && html`<p class="quiet" id=${`${id}-hint`}>${hint}</p>`}
    ${fault && html`<p class="fault" id=${`${id}-fault`} role="alert">${fault}</p>`}
  </div>`;
}

/** A switch with words beside it. */
export function Switch({ label, hint, checked, onChange, disabled }) {
  return html`<label class="switch">
    <span>${label}${hint && html`<small class="quiet">${hint}</small>`}</span>
    <input type="checkbox" role="switch" checked=${checked} disabled=${disabled} onChange=${(event) => turned(event.target, checked, onChange)} />
  </label>`;
}

/** It shows what is settled, and so goes back until that has changed. */
function turned(input, before, onChange) {
  const wanted = input.checked;
  input.checked = before;
  onChange(wanted);
}

/** What belongs to no single field. */
export function Whole({ form }) {
  const fault = form.wrong.value[""];
  return fault ? html`<p class="trouble" role="alert">${fault}</p>` : null;
}

/** The button that sends. */
export function Send({ form, label }) {
  return html`<button type="submit" class="button solid" disabled=${form.busy.value}>${form.busy.value ? t("app.wait") : label}</button>`;
}

/** Sentences by field; under "" what belongs to none. */
function faultsOf(error) {
  if (!(error instanceof Refusal)) return { "": sentenceOf(error) };
  const said = error.problem.errors ?? [error.problem];
  const found = {};
  for (const one of said) {
    const field = String(one.field ?? "").split(".").pop();
    const key = `fault.${one.code ?? error.code}`;
    const words = known(`fault.of.${field}`) ? t(`fault.of.${field}`) : known(key) ? t(key) : (one.reason ?? one.detail ?? error.message);
    found[document.getElementById(`field-${field}`) ? field : ""] = words;
  }
  return found;
}
