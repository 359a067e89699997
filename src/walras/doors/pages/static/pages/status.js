// The page at `/status`: asks how the platform is every two seconds and shows it. The lines of the last ten minutes are
// kept here, in the page; the platform keeps no history of itself.

import { bar, byId, copyOf, fill, say } from "/static/elements.js";
import { ask, sentenceOf } from "/static/requests.js";
import { bytes, nameOf, number, percent, sentences, setTime, span, t } from "/static/words.js";
import { Lines } from "/static/pages/lines.js";
import { sentenceOfTraining } from "/static/pages/training.js";

const EVERY_MS = 2000;
const lines = new Lines();

async function look() {
  if (!document.hidden) {
    try {
      show(await ask("GET", "/v1/status"));
      say(byId("offline"), "");
    } catch (error) {
      if (error.status === 401) return location.reload();
      lines.gap(Date.now());
      say(byId("offline"), sentenceOf(error));
      byId("verdict").textContent = t("status.silent");
    }
  }
  setTimeout(look, EVERY_MS);
}

function show(status) {
  showVerdict(status);
  showNumbers(status);
  lines.add(status);
  showSources(status.sources);
  showTraining(status.training);
  showModels(status.models);
}

function showVerdict(status) {
  const count = status.warnings.length + (status.training.state === "failed" ? 1 : 0);
  byId("verdict").textContent = count ? t("status.warned", { count }) : t("status.well");
  byId("since").textContent = t("status.since", { span: span((status.now_ms - status.started_ms) / 1000, "long") });
  fill(
    byId("warnings"),
    status.warnings.map((warning) => {
      const row = document.createElement("li");
      row.className = "notice bad";
      row.lang = "en";
      row.textContent = warning;
      return row;
    }),
  );
}

function showNumbers(status) {
  const shown = {
    people: number(status.people),
    items: number(status.items),
    events: number(status.events),
    events_per_s: number(status.events_per_s, 1),
    pages_per_s: number(status.pages_per_s, 1),
    p50: milliseconds(status.latency_ms.p50),
    p99: milliseconds(status.latency_ms.p99),
    position: number(status.position),
    segments: number(status.segments),
    log_bytes: bytes(status.log_bytes),
    disk_free_bytes: status.disk_free_bytes < 0 ? t("status.unknown") : bytes(status.disk_free_bytes),
    processes: number(status.processes),
    up: span((status.now_ms - status.started_ms) / 1000, "long"),
  };
  for (const [id, words] of Object.entries(shown)) byId(id).textContent = words;
}

function milliseconds(value) {
  return value >= 0 ? t("status.ms", { ms: number(value, 1) }) : t("status.unknown");
}

function showSources(sources) {
  const rows = Object.entries(sources).sort((a, b) => b[1] - a[1]);
  byId("sources-none").hidden = rows.length > 0;
  fill(byId("sources"), rows.map(([name, share]) => bar(copyOf("bar"), nameOf("source", name), percent(share, 1), share)));
}

function showTraining(training) {
  const running = training.state === "running";
  const words = running ? sentenceOfTraining(training) : t(`training.${training.state}`);
  byId("stage").textContent = sentences([words, running ? "" : training.message]);
  byId("progress").value = training.state === "done" ? 1 : training.done;
  byId("progress").hidden = training.state !== "running" && training.state !== "done";
  byId("left").textContent = training.position ? t("training.read", { position: number(training.position) }) : "";
}

function showModels(models) {
  byId("models-none").hidden = models.length > 0;
  byId("models-scroll").hidden = !models.length;
  fill(byId("models").tBodies[0], models.map(rowOf));
}

function rowOf(model) {
  const row = document.createElement("tr");
  const made = document.createElement("time");
  if (model.created_ms) setTime(made, model.created_ms);
  const state = document.createElement("span");
  state.className = `state ${model.state}`;
  state.textContent = nameOf("state", model.state);
  const metrics = Object.entries(model.metrics || {}).map(([name, value]) => `${name} ${number(value, 4)}`);
  const cells = [nameOf("model", model.kind), model.version, state, metrics.join(" · "), made];
  cells.forEach((words, column) => {
    const cell = document.createElement(column ? "td" : "th");
    if (!column) cell.scope = "row";
    cell.append(words);
    row.append(cell);
  });
  return row;
}

byId("offline").querySelector("button").addEventListener("click", () => location.reload());
look();
