// Calls to the platform on the same origin. What goes wrong is a `Refusal` with problem details, or `Unreachable`.

import { known, t } from "/static/words.js";

const TIMEOUT_MS = 15000;

/** The platform answered with problem details. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.problem = problem;
    this.code = problem.code || "";
  }
}

/** The browser, or the person before it, would not do it; the sentence says what. */
export class Declined extends Error {}

/** No answer came: the network is gone, the platform is down, or it took too long. */
export class Unreachable extends Error {}

const brought = JSON.parse(document.getElementById("brought")?.textContent || "{}");

/** What the page brought along of an address; it is fresh once, so whoever asks again asks the platform. */
export function taken(path) {
  const said = brought[path];
  delete brought[path];
  return said;
}

/** Ask and give back the JSON of the answer. */
export async function ask(method, path, body, { keepalive = false, signal } = {}) {
  const said = method === "GET" && taken(path);
  return said || fetched(method, path, body, { keepalive, signal });
}

async function fetched(method, path, body, { keepalive, signal }) {
  const answer = await fetch(path, {
    method,
    keepalive,
    credentials: "same-origin",
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: signal ?? AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error) => {
    if (signal?.aborted) throw error;
    throw new Unreachable(t("app.unreachable"));
  });
  const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, said);
  return said;
}

/** A sentence for people about an error: our own words for its code, else what the platform said. */
export function sentenceOf(error) {
  if (error instanceof Unreachable) return t("app.unreachable");
  if (error instanceof Declined) return error.message;
  if (!(error instanceof Refusal)) throw error;
  const key = `fault.${error.code}`;
  if (known(key)) return t(key);
  return error.status === 401 ? t("app.sign-in-first") : t("app.refused", { detail: error.message });
}
