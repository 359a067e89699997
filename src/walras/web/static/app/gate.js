// What stands where an account is needed: why, and the way to one that comes back here.

import { html, Icon } from "/static/app/html.js";
import { me } from "/static/app/me.js";
import { place } from "/static/app/router.js";
import { t } from "/static/words.js";

/** A screen for people with an account; others are asked to sign in, and nobody before it is known who looks. */
export function gated(words, icon, Screen) {
  return function Gated(values) {
    if (me.value.signed_in) return html`<${Screen} ...${values} />`;
    if (!me.value.person) return html`<div class="middle" role="status"><span class="spinner"></span><span class="unseen">${t("app.loading")}</span></div>`;
    const next = encodeURIComponent(place.value.path);
    return html`<div class="middle"><${Icon} name=${icon} /><h1>${t(words)}</h1>
      <a class="button solid" href=${`/signin?next=${next}`}>${t("signin.do")}</a></div>`;
  };
}
