// Passkeys: the browser's own keys, in the form the platform's library speaks.

import { ask, Declined } from "/static/app/asking.js";
import { t } from "/static/words.js";

/** Whether this browser can use them here. */
export function passkeysWork() {
  return "PublicKeyCredential" in window && window.isSecureContext;
}

/** Sign in with a key that this device or another holds. */
export async function signInWithPasskey() {
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(await ask("POST", "/app/passkeys/signin/options", {}));
  const credential = await navigator.credentials.get({ publicKey: options }).catch(declined);
  return ask("POST", "/app/passkeys/signin/verify", { credential: credential.toJSON() });
}

/** Make a key for the account that is signed in. */
export async function makePasskey(name) {
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(await ask("POST", "/app/passkeys/register/options", {}));
  const credential = await navigator.credentials.create({ publicKey: options }).catch(declined);
  return ask("POST", "/app/passkeys/register/verify", { credential: credential.toJSON(), name });
}

/** Put away, timed out, or there already: browsers say no more than that, so that nobody is found out. */
function declined() {
  throw new Declined(t("app.no-passkey"));
}
