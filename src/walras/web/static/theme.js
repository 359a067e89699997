// Light or dark: the system's choice until the person makes one, which a cookie keeps so that the server renders it.

const button = document.getElementById("theme");
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
}

function label() {
  const words = isDark() ? button.dataset.light : button.dataset.dark;
  button.setAttribute("aria-label", words);
  button.title = words;
}

button.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  document.cookie = `walras_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
  label();
  document.dispatchEvent(new Event("themechange"));
});
dark.addEventListener("change", () => {
  label();
  document.dispatchEvent(new Event("themechange"));
});
label();
