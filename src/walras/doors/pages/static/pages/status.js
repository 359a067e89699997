// The page at `/status`: asks how the platform is every two seconds and shows it. The lines of the last ten minutes are
// kept here, in the page; the platform keeps no history of itself.

import { bar, byId, copyOf, fill } from "/static/elements.js";
import { bytes, nameOf, number, percent, setTime, span, t } from "/static/words.js";
import { Lines } from "/static/pages/lines.js";
import { milliseconds, showTraining, showVerdict, watch } from "/static/pages/standing.js";

const lines = new Lines();

function show(status) {
  showVerdict(status);
  showNumbers(status);
  lines.add(status);
  showSources(status.sources);
  showTraining(status.training);
  showModels(status.models);
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
    journal: number(status.ledger.entries),
    books_off: number(status.ledger.off),
    log_bytes: bytes(status.log_bytes),
    disk_free_bytes: status.disk_free_bytes < 0 ? t("status.unknown") : bytes(status.disk_free_bytes),
    processes: number(status.processes),
    up: span((status.now_ms - status.started_ms) / 1000, "long"),
  };
  for (const [id, words] of Object.entries(shown)) byId(id).textContent = words;
}

function showSources(sources) {
  const rows = Object.entries(sources).sort((a, b) => b[1] - a[1]);
  byId("sources-none").hidden = rows.length > 0;
  fill(byId("sources"), rows.map(([name, share]) => bar(copyOf("bar"), nameOf("source", name), percent(share, 1), share)));
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

watch("/v1/status", show, lines);
