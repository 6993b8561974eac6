// The keys of the page of a run.

/** @import { KeyBinding } from "./keys.js" */
/** @import { RunPage } from "./run_page.js" */
import { listKeys } from "./list_keys.js";

/**
 * @param {RunPage} page
 * @returns {KeyBinding[]}
 */
export function runKeys(page) {
  return [
    ...listKeys("span", page),
    { keys: ["h"], listKeys: ["ArrowLeft"], does: "Collapse; once more: go to the parent", run: () => collapse(page) },
    {
      keys: ["l"],
      listKeys: ["ArrowRight"],
      does: "Expand; once more: go to the first child",
      run: () => expand(page),
    },
    { keys: ["H"], does: "Collapse all", run: () => collapseAll(page) },
    { keys: ["L"], does: "Expand all", run: () => expandAll(page) },
    { keys: [], listKeys: ["Enter"], does: "Go to the pane of the span", run: () => openPane(page) },
    { keys: ["Escape"], does: "Close the pane; its span stays selected", run: () => page.closePane() },
    { keys: ["/"], does: "Filter", run: () => page.toolbar.input.select() },
    { keys: ["n"], does: "Next problem: a span that failed or has mismatches", run: () => page.goToError(1) },
    { keys: ["p"], does: "Previous problem", run: () => page.goToError(-1) },
    { keys: ["]"], does: "Next match of the filter", run: () => page.goToMatch(1) },
    { keys: ["["], does: "Previous match of the filter", run: () => page.goToMatch(-1) },
    { keys: ["z"], does: "Zoom into the time of the span", run: () => zoomToSpan(page) },
    { keys: ["0"], does: "All of the time", run: () => page.zoom(null) },
    ...(page.context.source.live ? neighbourKeys(page) : []),
  ];
}

/**
 * @param {RunPage} page
 * @returns {KeyBinding[]}
 */
function neighbourKeys(page) {
  return [
    { keys: ["J"], does: "Next run of the list", run: () => page.header.neighbours?.go("older") },
    { keys: ["K"], does: "Previous run of the list", run: () => page.header.neighbours?.go("newer") },
  ];
}

/** @param {RunPage} page */
function collapse(page) {
  const node = page.model.selected;
  if (!node) return;
  if (node.children.length && !page.model.collapsed.has(node.seq)) page.toggle(node);
  else if (node.parent) page.select(node.parent);
}

/** @param {RunPage} page */
function expand(page) {
  const node = page.model.selected;
  if (!node?.children.length) return;
  if (page.model.collapsed.has(node.seq)) page.toggle(node);
  else page.move(1);
}

/** @param {RunPage} page */
function collapseAll(page) {
  page.model.collapseAll();
  let top = page.model.selected;
  while (top?.parent) top = top.parent;
  page.show();
  if (top) page.select(top);
}

/** @param {RunPage} page */
function expandAll(page) {
  page.model.collapsed.clear();
  page.show();
}

/** @param {RunPage} page */
function openPane(page) {
  const { selected, state } = page.model;
  if (!selected) return page.move(1);
  if (state.closed) page.select(selected);
  return page.pane.element.focus();
}

/** @param {RunPage} page */
function zoomToSpan(page) {
  const node = page.model.selected;
  const start = node?.row[5] ?? null;
  if (!node || start === null) return;
  const length = Math.max(node.row[6] ?? page.now - start, 0.001);
  page.zoom({ from: Math.max(0, start - length * 0.05), to: start + length * 1.15 });
}
