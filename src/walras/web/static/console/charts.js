// Charts of a console, drawn by ECharts once they come into view and again when light turns to dark. What a chart shows
// stands in a <script type="application/json"> inside its figure:
// { kind: "lines" | "bars" | "stacked", labels: […], series: [{ name, values }], unit: "number" | "percent" }.

import { whenSeen } from "/static/console/console.js";
import { number, percent } from "/static/words.js";

const drawn = new Map();

/** A canvas understands plain colours only, while a token is a pair for light and dark. */
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const plain = getComputedStyle(probe).color;
  probe.remove();
  return plain;
}

function palette(count) {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || isDark();
  const ring = [35, 250, 150, 300, 90, 200, 0, 120, 330, 60];
  return [colour("--accent"), ...ring.slice(1).map((hue) => `hsl(${hue} ${dark ? "45% 66%" : "42% 42%"})`)].slice(0, Math.max(1, count));
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function options(said) {
  const ink = colour("--ink-2");
  const line = colour("--line");
  const form = said.unit === "percent" ? (value) => percent(value, 0) : (value) => number(value, 1);
  const font = getComputedStyle(document.documentElement).getPropertyValue("--font-sans");
  const stacked = said.kind === "stacked";
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    color: palette(said.series.length),
    textStyle: { fontFamily: font, color: ink },
    grid: { left: 4, right: 12, top: 16, bottom: said.series.length > 1 ? 36 : 4, containLabel: true },
    legend: said.series.length > 1 ? { bottom: 0, type: "scroll", icon: "circle", textStyle: { color: ink }, pageTextStyle: { color: ink } } : undefined,
    // Drawn on the canvas: HTML of a tooltip would carry styles of its own, which the page's policy refuses.
    tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: form, backgroundColor: colour("--raised"), borderColor: colour("--line-strong"), textStyle: { color: colour("--ink"), fontFamily: font } },
    xAxis: { type: "category", data: said.labels, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: ink, hideOverlap: true } },
    yAxis: { type: "value", min: 0, max: said.unit === "percent" ? 1 : undefined, splitNumber: 4, minInterval: said.unit === "percent" ? 0 : 1, axisLabel: { color: ink, formatter: form }, splitLine: { lineStyle: { color: line } } },
    series: said.series.map((each, n) => ({
      name: each.name,
      type: said.kind === "lines" ? "line" : "bar",
      stack: stacked ? "all" : undefined,
      data: each.values,
      showSymbol: false,
      smooth: 0.2,
      barMaxWidth: 36,
      lineStyle: { width: 2, type: n && said.kind === "lines" ? "dashed" : "solid" },
      areaStyle: said.kind === "lines" && !n ? { opacity: 0.12 } : undefined,
      itemStyle: said.kind === "bars" ? { borderRadius: [4, 4, 0, 0] } : undefined,
    })),
  };
}

function draw(figure) {
  const place = figure.querySelector(".drawn");
  const said = JSON.parse(figure.querySelector("script").textContent);
  drawn.get(place)?.dispose();
  const chart = globalThis.echarts.init(place, isDark() ? "dark" : null, { renderer: "canvas" });
  chart.setOption({ backgroundColor: "transparent", ...options(said) });
  drawn.set(place, chart);
}

for (const figure of document.querySelectorAll("figure.chart:has(.drawn)")) {
  whenSeen(figure, () => {
    draw(figure);
    new ResizeObserver(() => drawn.get(figure.querySelector(".drawn"))?.resize()).observe(figure);
  });
}
document.addEventListener("themechange", () => {
  for (const place of [...drawn.keys()]) draw(place.closest("figure"));
});
