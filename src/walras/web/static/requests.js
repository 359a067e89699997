// Calls to the platform's own API, on the same origin. What goes wrong is one of two errors: the platform said no
// (`Refusal`, with its problem details), or it could not be reached (`Unreachable`).

import { t } from "./words.js";

const TIMEOUT_MS = 15000;

/** The platform answered with problem details. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.problem = problem;
  }
}

/** No answer came: the network is gone, the platform is down, or it took too long. */
export class Unreachable extends Error {}

/** Ask the API and give back its JSON; `keepalive` lets the request outlive the page. */
export async function ask(method, path, body, { keepalive = false } = {}) {
  const answer = await fetch(path, {
    method,
    keepalive,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new Unreachable(t("page.unreachable"));
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, said);
  return said;
}

/** A sentence for people about an error. */
export function sentenceOf(error) {
  if (error instanceof Unreachable) return t("page.unreachable");
  if (error instanceof Refusal && error.status === 401) return t("page.no-key");
  if (error instanceof Refusal) return t("page.refused", { detail: error.message });
  throw error;
}
