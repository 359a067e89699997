// Words and numbers in the page's language. The words come from the Babel catalogues: the server puts those a page needs
// into its <script id="words">, so that a script holds no sentence of its own.

const forms = JSON.parse(document.getElementById("words").textContent);
const language = document.documentElement.lang;
const made = new Map();

/** The message of a key with its braces filled. `count` chooses the plural form. */
export function t(key, values = {}) {
  const message = forms[key];
  if (!message) throw new Error(`The page was not given the words of ${key}`);
  const form = "count" in values && message.length > 1 && !isOne(Number(values.count)) ? 1 : 0;
  return message[form].replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** Whether the page was given words for this key; names that come from the log may be unknown to the catalogue. */
export function known(key) {
  return key in forms;
}

/** The catalogue's name of something, such as an outcome, or its own name where the catalogue has none. */
export function nameOf(room, name) {
  return known(`${room}.${name}`) ? t(`${room}.${name}`) : name;
}

/** A plain number, short where it is large: 12,400 · 1.2M · 120万. */
export function number(value, digits = 0) {
  const short = Math.abs(value) >= 1e6;
  return format({ maximumFractionDigits: short ? 2 : digits, notation: short ? "compact" : "standard" }).format(value);
}

/** A count as it stands beside an icon, short from ten thousand on: 9,876 · 12K · 1.2万. */
export function tally(value) {
  if (Number.isInteger(value) && value >= 0 && value < 1000) return String(value);
  return format({ notation: value < 1e4 ? "standard" : "compact", maximumFractionDigits: 1 }).format(value);
}

/** Yuan, with `digits` after the point: exposures are worth fractions of a fen. */
export function yuan(value, digits = 4) {
  return format({
    style: "currency",
    currency: "CNY",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(Object.is(value, -0) ? 0 : value);
}

/** A share of one, as per cent. */
export function percent(share, digits = 0) {
  return format({ style: "percent", maximumFractionDigits: digits }).format(share);
}

/** Bytes, in the largest unit that keeps a number above one. */
export function bytes(value) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return format({ style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: 1 }).format(
    value / 1000 ** step,
  );
}

/** A span of seconds in its largest unit: 40 sec, 12 min, 3 hr, 5 days. */
export function span(seconds, unitDisplay = "short") {
  const [unit, size] = unitOf(seconds);
  return format({ style: "unit", unit, unitDisplay, maximumFractionDigits: 0 }).format(Math.max(0, seconds / size));
}

/** A span as a player shows it: 0:42, 12:05. */
export function minutes(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** An instant as people say it, seen from now: 3 minutes ago. */
export function ago(instantMs, nowMs = Date.now()) {
  const seconds = (instantMs - nowMs) / 1000;
  if (Math.abs(seconds) < 5) return t("page.just-now");
  const [unit, size] = unitOf(Math.abs(seconds));
  return once(`ago`, () => new Intl.RelativeTimeFormat(language, { numeric: "auto" })).format(
    Math.trunc(seconds / size),
    unit,
  );
}

/** An instant exactly, in the viewer's own time zone. */
export function exact(instantMs) {
  return once(
    "exact",
    () => new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" }),
  ).format(instantMs);
}

/** A clock's time, for the axis of a chart. */
export function clock(instantMs) {
  return once("clock", () => new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false }))
    .format(instantMs);
}

/** Names as a list: a, b and c. */
export function list(names) {
  return once("list", () => new Intl.ListFormat(language, { type: "conjunction" })).format(names);
}

/** Sentences one after the other; Chinese puts no space between them. */
export function sentences(all) {
  return all.filter(Boolean).join(language.startsWith("zh") ? "" : " ");
}

/** Put an instant into a <time>, relative in words and exact on hover. */
export function setTime(element, instantMs) {
  element.dateTime = new Date(instantMs).toISOString();
  element.textContent = ago(instantMs);
  element.title = exact(instantMs);
}

function shown(value) {
  return typeof value === "number" ? number(value, 2) : String(value);
}

/** Whether a count takes the singular. Rules of a language are made where they are needed: it delays the first screen. */
function isOne(count) {
  return once("plural", () => new Intl.PluralRules(language)).select(count) === "one";
}

function unitOf(seconds) {
  if (seconds < 60) return ["second", 1];
  if (seconds < 3600) return ["minute", 60];
  if (seconds < 86400) return ["hour", 3600];
  if (seconds < 86400 * 60) return ["day", 86400];
  if (seconds < 86400 * 730) return ["month", 86400 * 30.44];
  return ["year", 86400 * 365.25];
}

function format(options) {
  return once(JSON.stringify(options), () => new Intl.NumberFormat(language, options));
}

function once(name, make) {
  if (!made.has(name)) made.set(name, make());
  return made.get(name);
}
