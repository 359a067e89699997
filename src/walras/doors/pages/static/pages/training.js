// Tells beside a feed that a model is being trained, how far it is, and when a new one has begun to serve.

import { byId, say } from "/static/elements.js";
import { ask } from "/static/requests.js";
import { nameOf, percent, sentences, span, t } from "/static/words.js";

const RUNNING_MS = 3000;
const IDLE_MS = 15000;

/** Ask again and again how the training is. */
export function followTraining() {
  let served = null;
  const look = async () => {
    const status = await ask("GET", "/v1/status").catch(() => null);
    if (status && !document.hidden) {
      const now = servingOf(status);
      tell(status.training);
      if (served !== null && now !== served && now) tellSwap(status);
      served = now;
    }
    setTimeout(look, status?.training.state === "running" ? RUNNING_MS : IDLE_MS);
  };
  look();
}

/** A sentence about a running training. */
export function sentenceOfTraining(training) {
  const left = training.seconds_left >= 0 ? t("training.left", { span: span(training.seconds_left, "long") }) : "";
  const stage = nameOf("stage", training.stage || "start");
  return sentences([t("training.running", { stage, done: percent(training.done) }), left]);
}

/** Versions that serve now, as one text. */
function servingOf(status) {
  return status.models
    .filter((model) => model.state === "serving")
    .map((model) => `${model.kind} ${model.version}`)
    .sort()
    .join(", ");
}

function tell(training) {
  const notice = byId("training");
  const running = training.state === "running";
  say(notice, running ? sentences([sentenceOfTraining(training), t("training.meanwhile")]) : "");
  if (running) notice.querySelector("progress").value = training.done;
}

function tellSwap(status) {
  const kinds = status.models.filter((model) => model.state === "serving").map((model) => nameOf("model", model.kind));
  say(byId("swapped"), t("training.swapped", { models: [...new Set(kinds)].join(", ") }));
}
