// The desk of now: asks every two seconds while it is looked at, and keeps the lines of the last ten minutes.

import { byId, copyOf, fill, say } from "/static/elements.js";
import { ask, sentenceOf } from "/static/requests.js";
import { nameOf, number, percent, sentences, span, t, tally } from "/static/words.js";
import { Lines } from "/static/pages/lines.js";
import { sentenceOfTraining } from "/static/pages/training.js";

const EVERY_MS = 2000;
const lines = new Lines([
  { name: "people", lines: [{ label: "console.figure.people_now", of: (now) => now.beat.people_now }] },
  {
    name: "pages",
    lines: [
      { label: "console.short.pages", of: (now) => now.status.pages_per_s },
      { label: "console.short.events", of: (now) => now.status.events_per_s },
    ],
  },
  {
    name: "latency",
    lines: [
      { label: "status.short.p50", of: (now) => now.status.latency_ms.p50 ?? null },
      { label: "status.short.p99", of: (now) => now.status.latency_ms.p99 ?? null },
    ],
  },
]);

async function look() {
  if (!document.hidden) {
    try {
      show(await ask("GET", "/console/now.json"));
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

function show(now) {
  const { status, beat, gauges } = now;
  const count = status.warnings.length + (status.training.state === "failed" ? 1 : 0);
  byId("verdict").textContent = count ? t("status.warned", { count }) : t("status.well");
  byId("since").textContent = t("status.since", { span: span((status.now_ms - status.started_ms) / 1000, "long") });
  fill(byId("warnings"), status.warnings.map(warningOf));
  const shown = {
    people_now: tally(beat.people_now),
    pages_per_s: number(status.pages_per_s, 1),
    events_per_s: number(status.events_per_s, 1),
    watch_minutes: tally(beat.watch_minutes_today),
    p50: milliseconds(status.latency_ms.p50),
    p99: milliseconds(status.latency_ms.p99),
    ...Object.fromEntries(Object.entries(gauges).map(([name, value]) => [`gauge-${name}`, tally(value)])),
  };
  for (const [id, words] of Object.entries(shown)) if (byId(id)) byId(id).textContent = words;
  lines.add(now, status.now_ms);
  showSources(status.sources);
  showTraining(status.training);
  showVersions(status.models);
}

function warningOf(words) {
  const row = document.createElement("li");
  row.className = "notice bad";
  row.lang = "en";
  row.textContent = words;
  return row;
}

function milliseconds(value) {
  return value >= 0 ? t("status.ms", { ms: number(value, 1) }) : t("status.unknown");
}

function showSources(sources) {
  const rows = Object.entries(sources).sort((a, b) => b[1] - a[1]);
  byId("sources-none").hidden = rows.length > 0;
  fill(
    byId("sources"),
    rows.map(([name, share]) => {
      const row = copyOf("share");
      const [words, figure, bar] = row.children;
      words.textContent = nameOf("source", name);
      figure.textContent = percent(share, 1);
      bar.value = share;
      bar.setAttribute("aria-label", words.textContent);
      return row;
    }),
  );
}

function showTraining(training) {
  const running = training.state === "running";
  const words = running ? sentenceOfTraining(training) : t(`training.${training.state}`);
  byId("stage").textContent = sentences([words, running ? "" : training.message]);
  byId("progress").value = training.state === "done" ? 1 : training.done;
  byId("progress").hidden = training.state !== "running" && training.state !== "done";
  byId("left").textContent = training.position ? t("training.read", { position: number(training.position) }) : "";
}

function showVersions(models) {
  const serving = models.filter((model) => ["serving", "active"].includes(model.state));
  fill(
    byId("versions"),
    serving.map((model) => {
      const chip = document.createElement("li");
      chip.className = "chip";
      chip.textContent = `${nameOf("model", model.kind)} ${model.version}`;
      return chip;
    }),
  );
}

byId("offline").querySelector("button").addEventListener("click", () => location.reload());
look();
