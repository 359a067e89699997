// Moving lines, of the status page and of the operator's console: one chart for each thing that is measured, over the last ten minutes.

import { byId } from "/static/elements.js";
import { clock, number, t } from "/static/words.js";

const KEPT_MS = 10 * 60 * 1000;
const HEIGHT = 150;
const CHARTS = [
  { name: "events", lines: [{ label: "status.events_per_s", of: (status) => status.events_per_s }] },
  { name: "pages", lines: [{ label: "status.pages_per_s", of: (status) => status.pages_per_s }] },
  {
    name: "latency",
    lines: [
      { label: "status.short.p50", of: (status) => status.latency_ms.p50 ?? null },
      { label: "status.short.p99", of: (status) => status.latency_ms.p99 ?? null },
    ],
  },
];

export class Lines {
  /** Lines of these charts: each has a name, whose `<name>-chart` and `<name>-caption` the page holds. */
  constructor(charts = CHARTS) {
    this.said = charts;
    this.rows = [];
    this.charts = [];
    document.addEventListener("themechange", () => this.#draw(true));
    new ResizeObserver(() => this.#resize()).observe(byId(`${charts[0].name}-chart`));
  }

  /** Add how the platform is now. */
  add(status, nowMs = status.now_ms) {
    this.#push(nowMs, this.said.map((chart) => chart.lines.map((line) => line.of(status))));
  }

  /** No answer came: the lines break here. */
  gap(nowMs) {
    this.#push(nowMs, this.said.map((chart) => chart.lines.map(() => null)));
  }

  #push(nowMs, values) {
    this.rows = this.rows.filter((row) => row.nowMs > nowMs - KEPT_MS && row.nowMs < nowMs);
    this.rows.push({ nowMs, values });
    this.#draw(false);
  }

  #draw(anew) {
    this.said.forEach((chart, n) => {
      const columns = this.#columns(n);
      if (anew) this.charts[n]?.destroy();
      if (anew || !this.charts[n]) this.charts[n] = plot(chart, columns, () => this.#span());
      else this.charts[n].setData(columns);
      legend(chart, this.rows.at(-1)?.values[n] || []);
    });
  }

  #columns(n) {
    const times = this.rows.map((row) => row.nowMs / 1000);
    return [times, ...this.said[n].lines.map((_, line) => this.rows.map((row) => row.values[n][line]))];
  }

  /** Seconds a chart spans: it ends now and begins where the page did, at least a minute ago. */
  #span() {
    const last = this.rows.at(-1).nowMs / 1000;
    return [Math.min(this.rows[0].nowMs / 1000, last - 60), last];
  }

  #resize() {
    this.charts.forEach((chart, n) => chart.setSize({ width: widthOf(this.said[n]), height: HEIGHT }));
  }
}

function widthOf(chart) {
  return Math.max(120, byId(`${chart.name}-chart`).clientWidth);
}

function plot(chart, columns, span) {
  const ink = getComputedStyle(document.documentElement);
  const colour = (name) => resolved(ink.getPropertyValue(name));
  const axis = {
    stroke: colour("--ink-3"),
    font: `11px ${ink.getPropertyValue("--font-sans")}`,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  const strokes = [colour("--accent"), colour("--ink-2")];
  const options = {
    width: widthOf(chart),
    height: HEIGHT,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, low, high) => [0, Math.max(1, (high || 0) * 1.15)] }, x: { range: span } },
    axes: [
      { ...axis, grid: { show: false }, space: 70, values: (_, ticks) => minutesOf(ticks) },
      { ...axis, size: 44, space: 34, values: (_, ticks) => ticks.map((tick) => number(tick, 1)) },
    ],
    series: [
      {},
      ...chart.lines.map((_, n) => ({ stroke: strokes[n], width: 1.75, points: { show: false }, dash: n ? [4, 4] : [] })),
    ],
  };
  return new uPlot(options, columns, byId(`${chart.name}-chart`));
}

/** Each minute stands once, however many ticks it has. */
function minutesOf(ticks) {
  const words = ticks.map((tick) => clock(tick * 1000));
  return words.map((word, n) => (word === words[n - 1] ? "" : word));
}

/** A canvas understands plain colours only, while a token is a pair for light and dark. */
function resolved(colour) {
  const probe = document.createElement("span");
  probe.style.color = colour;
  document.body.append(probe);
  const plain = getComputedStyle(probe).color;
  probe.remove();
  return plain;
}

function legend(chart, values) {
  const words = chart.lines.map((line, n) => {
    const value = values[n] == null ? t("status.unknown") : number(values[n], 1);
    return chart.lines.length > 1 ? `${t(line.label)} ${value}` : value;
  });
  byId(`${chart.name}-caption`).querySelector(".legend").textContent = words.join(" · ");
}
