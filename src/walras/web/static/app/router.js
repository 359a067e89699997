// Where the person is in the app. Links inside it change the address without a new page; everything else is the browser's.

import { signal } from "@preact/signals";

export const place = signal(here());
let screens = [];

/** Learn the screens: `{path, module, tab, icon}` with parts such as `:video` in their paths. */
export function learnScreens(known) {
  screens = known.map((screen) => ({ ...screen, parts: screen.path.split("/").filter(Boolean) }));
  addEventListener("popstate", () => (place.value = here()));
  document.addEventListener("click", follow);
}

/** The screen of an address and the values of its parts; undefined where there is none. */
export function screenOf(path) {
  const parts = path.split("/").filter(Boolean);
  for (const screen of screens) {
    const values = matched(screen.parts, parts);
    if (values) return { screen, values };
  }
  return undefined;
}

/** Go to an address of this site; what is no screen of the app, such as a console, is a page of its own. */
export function go(address, { replace = false } = {}) {
  if (address === place.value.path + place.value.query) return;
  if (!screenOf(new URL(address, location.href).pathname)) return void location[replace ? "replace" : "assign"](address);
  history[replace ? "replaceState" : "pushState"]({}, "", address);
  place.value = here();
}

/** Back to where the person came from, or to an address where the app was opened here. */
export function back(otherwise = "/") {
  if (history.length > 1) history.back();
  else go(otherwise, { replace: true });
}

function here() {
  return { path: location.pathname, query: location.search, hash: location.hash };
}

function matched(pattern, parts) {
  if (pattern.length !== parts.length) return undefined;
  const values = {};
  for (let at = 0; at < parts.length; at += 1) {
    if (pattern[at].startsWith(":")) values[pattern[at].slice(1)] = decodeURIComponent(parts[at]);
    else if (pattern[at] !== parts[at]) return undefined;
  }
  return values;
}

function follow(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.target || link.origin !== location.origin || link.hasAttribute("download") || !screenOf(link.pathname)) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
