// The keys of the list of runs.

/** @import { KeyBinding } from "./keys.js" */
/** @import { RunsPage } from "./runs_page.js" */
import { listKeys } from "./list_keys.js";

/**
 * @param {RunsPage} page
 * @returns {KeyBinding[]}
 */
export function runsKeys(page) {
  return [
    ...listKeys("run", page),
    { keys: [], listKeys: ["Enter"], does: "Open the run", run: () => page.openSelected() },
    { keys: ["x"], does: "Mark the run for a comparison", run: () => page.markSelected() },
    { keys: ["c"], does: "Compare the marked runs", run: () => page.compare() },
    { keys: ["/"], does: "Filter", run: () => page.toolbar.input.select() },
  ];
}
