// The app's bar: below the thumb on a phone, at the side on a desk.

import { html, Icon } from "/static/app/html.js";
import { me, unread } from "/static/app/me.js";
import { place } from "/static/app/router.js";
import { number, t } from "/static/words.js";

/** Tabs of the screens that name one; those of lines that are not there are left out. */
export function Bar({ screens, language }) {
  const tabs = screens.filter((screen) => screen.tab);
  return html`<nav class="bar" aria-label=${t("app.tabs")}>
    <a class="bar-mark" href="/" aria-label=${t("app.home")}>
      <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
        <path d="M5 5C7 13 13 21 27 23.5" /><path d="M5 26C15 24 23 15 26 6" /><circle class="dot" cx="16.6" cy="20" r="4.2" />
      </svg>
      <span>Walras</span>
    </a>
    <ul>
      ${tabs.map((screen) => html`<li key=${screen.path}><${Tab} screen=${screen} /></li>`)}
    </ul>
    <div class="bar-end"><${Switches} language=${language} /></div>
  </nav>`;
}

function Tab({ screen }) {
  const here = place.value.path;
  const target = screen.tab === "tab.me" && me.value.handle ? `/u/${me.value.handle}` : screen.path;
  const isHere = here === target || (screen.path === "/" && ["/following", "/friends", "/nearby"].includes(here));
  const count = screen.tab === "tab.inbox" ? unread.value : 0;
  return html`<a class=${screen.tab === "tab.make" ? "tab make" : "tab"} href=${target} aria-current=${isHere ? "page" : undefined}>
    <${Icon} name=${screen.icon} />
    <span>${t(screen.tab)}</span>
    ${count > 0 && html`<em class="badge figures" aria-label=${t("app.unread", { count })}>${number(count)}</em>`}
  </a>`;
}

function Switches({ language }) {
  const other = language === "en" ? "zh-CN" : "en";
  return html`
    <a class="button bare small" href=${`?lang=${other}`} lang=${other} hreflang=${other} target="_self">${t("app.other-language")}</a>
    <button type="button" class="button bare small" onClick=${turnTheme}><${Icon} name="sun-moon" /><span>${t("app.theme")}</span></button>
  `;
}

function turnTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `walras_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
  document.dispatchEvent(new Event("themechange"));
}
