// The keys of the list of runs.

/** @import { KeyBinding } from "./keys.js" */
/** @import { RunsPage } from "./runs_page.js" */

const A_PAGE = 10; // lines

/**
 * @param {RunsPage} page
 * @returns {KeyBinding[]}
 */
export function runsKeys(page) {
  return [
    { keys: ["j"], listKeys: ["ArrowDown"], does: "Next run", run: () => page.move(1) },
    { keys: ["k"], listKeys: ["ArrowUp"], does: "Previous run", run: () => page.move(-1) },
    { keys: [], listKeys: ["PageDown"], does: "A page down", run: () => page.move(A_PAGE) },
    { keys: [], listKeys: ["PageUp"], does: "A page up", run: () => page.move(-A_PAGE) },
    { keys: [], listKeys: ["Home"], does: "First run", run: () => page.move(-Infinity) },
    { keys: [], listKeys: ["End"], does: "Last run of the list", run: () => page.move(Infinity) },
    { keys: [], listKeys: ["Enter"], does: "Open the run", run: () => page.openSelected() },
    { keys: ["x"], does: "Mark the run for a comparison", run: () => page.markSelected() },
    { keys: ["c"], does: "Compare the marked runs", run: () => page.compare() },
    { keys: ["/"], does: "Filter", run: () => page.toolbar.input.select() },
  ];
}
