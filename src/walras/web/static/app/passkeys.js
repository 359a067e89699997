// Passkeys: the browser's own keys, in the form the platform's library speaks.

import { ask } from "/static/app/asking.js";

/** Whether this browser can use them here. */
export function passkeysWork() {
  return "PublicKeyCredential" in window && window.isSecureContext;
}

/** Sign in with a key that this device or another holds. */
export async function signInWithPasskey() {
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(await ask("POST", "/app/passkeys/signin/options", {}));
  const credential = await navigator.credentials.get({ publicKey: options });
  return ask("POST", "/app/passkeys/signin/verify", { credential: credential.toJSON() });
}

/** Make a key for the account that is signed in. */
export async function makePasskey(name) {
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(await ask("POST", "/app/passkeys/register/options", {}));
  const credential = await navigator.credentials.create({ publicKey: options });
  return ask("POST", "/app/passkeys/register/verify", { credential: credential.toJSON(), name });
}
