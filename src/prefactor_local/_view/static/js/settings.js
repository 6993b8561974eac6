// What this browser remembers: the theme, and the sizes of the parts of a page.

const PREFIX = "prefactor.";

/**
 * @param {string} name
 * @returns {string | null} Null also if the browser keeps nothing, as for a file.
 */
export function readSetting(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string | null} value Null forgets it.
 */
export function writeSetting(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // The page works without.
  }
}

/**
 * A size that was chosen before, as CSS; null: none was.
 * @param {string} name
 */
export function savedSize(name) {
  const size = Number(readSetting(name));
  return size > 0 ? `${size}px` : null;
}

const THEMES = ["light", "dark"];

/** Shows the theme that was chosen last; without a choice, that of the system. */
export function applyTheme() {
  const chosen = readSetting("theme");
  if (chosen && THEMES.includes(chosen)) document.documentElement.setAttribute("data-theme", chosen);
}

/** Changes between light and dark. */
export function toggleTheme() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (root.getAttribute("data-theme") ?? system) === "dark" ? "light" : "dark";
  root.setAttribute("data-theme", next);
  writeSetting("theme", next === system ? null : next);
  document.dispatchEvent(new CustomEvent("themechange"));
}

/**
 * Calls a function when the colours change.
 * @param {() => void} changed
 * @returns {() => void} Stops it.
 */
export function onThemeChange(changed) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  document.addEventListener("themechange", changed);
  system.addEventListener("change", changed);
  return () => {
    document.removeEventListener("themechange", changed);
    system.removeEventListener("change", changed);
  };
}
