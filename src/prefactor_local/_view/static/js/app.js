// The shell: which page is shown, and what all pages have in common.

/** @import { KeyBinding } from "./keys.js" */
/** @import { Source } from "./data.js" */
import { removeServiceWorkers, takeLink } from "./access.js";
import { leaveAddress } from "./address.js";
import { ComparePage } from "./compare_page.js";
import { openSource } from "./data.js";
import { button, element, replaceChildren } from "./dom.js";
import { visibleText } from "./format.js";
import { helpDialog, listenToKeys } from "./keys.js";
import { messagePage } from "./messages.js";
import { RunPage } from "./run_page.js";
import { RunsPage } from "./runs_page.js";
import { applyTheme, toggleTheme } from "./settings.js";
import { parseRoute } from "./urls.js";

/**
 * @typedef {object} Page
 * @property {HTMLElement} element
 * @property {string} title
 * @property {KeyBinding[]} keys
 * @property {() => void} [open] Called when the element is in the document.
 * @property {() => boolean} [restored] Shows what the address says after a person went back or forward; false if it
 *   belongs to another page.
 * @property {() => void} [close] Called when another page is shown.
 */

/**
 * @typedef {object} Context What a page needs.
 * @property {Source} source
 * @property {(url: string) => void} go Shows the page of an address of the viewer.
 * @property {(title: string) => void} setTitle
 * @property {(text: string) => void} announce Tells a person who uses a screen reader.
 */

async function startApp() {
  applyTheme();
  const source = openSource();
  if (source.live && (await removeServiceWorkers())) return location.reload();
  const main = element("main", { id: "main" });
  const status = element("p", { class: "visually-hidden", role: "status" });
  const help = helpDialog();
  /** @type {Page} */
  let page = messagePage("Loading…");

  /** @type {Context} */
  const context = {
    source,
    go(url) {
      leaveAddress();
      history.pushState(null, "", url);
      show();
    },
    setTitle: (title) => void (document.title = title ? `${visibleText(title)} · Prefactor runs` : "Prefactor runs"),
    announce: (text) => void (status.textContent = text),
  };

  const everywhere = [
    ...(source.live ? [{ keys: ["g"], does: "All runs", run: () => context.go("/ui/") }] : []),
    { keys: ["t"], does: "Light or dark", run: toggleTheme },
    { keys: ["?"], does: "This list of keys", run: () => help.show(allKeys()) },
  ];
  const allKeys = () => [...page.keys, ...everywhere];

  function show() {
    if (source.live) takeLink();
    page.close?.();
    page = pageOf(context);
    context.setTitle(page.title);
    replaceChildren(main, page.element);
    page.open?.();
  }

  const app = document.getElementById("app") ?? document.body;
  replaceChildren(
    app,
    topBar(source, () => help.show(allKeys())),
    main,
    status,
    help.element,
  );
  listenToKeys(allKeys);
  addEventListener("popstate", () => {
    const isLink = source.live && location.hash;
    if (isLink || !page.restored?.()) show();
  });
  document.addEventListener("click", (event) => followLink(event, context.go));
  show();
}

/**
 * The line at the top of every page.
 * @param {Source} source
 * @param {() => void} showHelp
 */
function topBar(source, showHelp) {
  const home = source.live
    ? element("a", { class: "home", href: "/ui/" }, "Prefactor runs")
    : element("span", { class: "home" }, "Prefactor run", element("span", { class: "muted" }, " · exported file"));
  const theme = button("◐", toggleTheme, { class: "icon", "aria-label": "Light or dark", title: "Light or dark (t)" });
  const help = button("?", showHelp, { class: "icon", "aria-label": "Keys", title: "Keys (?)" });
  return element("header", { class: "top" }, home, element("nav", { class: "top-actions" }, theme, help));
}

/**
 * @param {Context} context
 * @returns {Page}
 */
function pageOf(context) {
  if (!context.source.live) return new RunPage(context, "");
  const route = parseRoute(location.pathname, location.search);
  switch (route.page) {
    case "runs":
      return new RunsPage(context);
    case "run":
      return new RunPage(context, route.run);
    case "compare":
      return new ComparePage(context, route.a, route.b);
    default:
      return messagePage("There is no such page.", element("a", { href: "/ui/" }, "All runs"));
  }
}

/**
 * Follows a link to a page of the viewer without loading the script again.
 * @param {MouseEvent} event
 * @param {(url: string) => void} go
 */
function followLink(event, go) {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0;
  if (!link || modified || link.hasAttribute("download") || event.defaultPrevented) return;
  event.preventDefault();
  go(link.getAttribute("href") ?? "/ui/");
}

startApp();
