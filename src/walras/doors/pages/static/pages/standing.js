// How the platform stands: asked every two seconds while somebody looks. What the status page and the desk of now share.

import { byId, fill, say } from "/static/elements.js";
import { ask, sentenceOf } from "/static/requests.js";
import { number, sentences, span, t } from "/static/words.js";
import { sentenceOfTraining } from "/static/pages/training.js";

const EVERY_MS = 2000;

// Asks at `path` and shows the answer; lines get a gap where none came.
export async function watch(path, show, lines) {
  if (!document.hidden) {
    try {
      show(await ask("GET", path));
      say(byId("offline"), "");
    } catch (error) {
      if (error.status === 401) return location.reload();
      lines.gap(Date.now());
      say(byId("offline"), sentenceOf(error));
      byId("verdict").textContent = t("status.silent");
    }
  }
  setTimeout(watch, EVERY_MS, path, show, lines);
}

export function showVerdict(status) {
  const count = status.warnings.length + (status.training.state === "failed" ? 1 : 0);
  byId("verdict").textContent = count ? t("status.warned", { count }) : t("status.well");
  byId("since").textContent = t("status.since", { span: span((status.now_ms - status.started_ms) / 1000, "long") });
  fill(byId("warnings"), status.warnings.map(warningOf));
}

function warningOf(words) {
  const row = document.createElement("li");
  row.className = "notice bad";
  row.lang = "en";
  row.textContent = words;
  return row;
}

export function showTraining(training) {
  const running = training.state === "running";
  const words = running ? sentenceOfTraining(training) : t(`training.${training.state}`);
  byId("stage").textContent = sentences([words, running ? "" : training.message]);
  byId("progress").value = training.state === "done" ? 1 : training.done;
  byId("progress").hidden = training.state !== "running" && training.state !== "done";
  byId("left").textContent = training.position ? t("training.read", { position: number(training.position) }) : "";
}

export function milliseconds(value) {
  return value >= 0 ? t("status.ms", { ms: number(value, 1) }) : t("status.unknown");
}

byId("offline").querySelector("button").addEventListener("click", () => location.reload());
