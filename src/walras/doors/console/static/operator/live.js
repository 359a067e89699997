// The desk of now: asks every two seconds while it is looked at, and keeps the lines of the last ten minutes.

import { byId, copyOf, fill } from "/static/elements.js";
import { nameOf, number, percent, tally } from "/static/words.js";
import { Lines } from "/static/pages/lines.js";
import { milliseconds, showTraining, showVerdict, watch } from "/static/pages/standing.js";

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

function show(now) {
  const { status, beat, gauges } = now;
  showVerdict(status);
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

watch("/console/now.json", show, lines);
