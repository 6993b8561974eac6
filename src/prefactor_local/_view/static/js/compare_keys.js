// The keys of the comparison of two runs.

/** @import { ComparePage } from "./compare_page.js" */
/** @import { KeyBinding } from "./keys.js" */
import { listKeys } from "./list_keys.js";

/**
 * @param {ComparePage} page
 * @returns {KeyBinding[]}
 */
export function compareKeys(page) {
  return [
    ...listKeys("pair of spans", page),
    { keys: [], listKeys: ["Enter"], does: "Go to the pane of the pair", run: () => page.openPane() },
    { keys: ["Escape"], does: "Close the pane", run: () => page.closePane() },
    { keys: ["n"], does: "Next difference", run: () => page.goToDifference(1) },
    { keys: ["p"], does: "Previous difference", run: () => page.goToDifference(-1) },
    { keys: ["e"], does: "Hide or show what is equal", run: () => page.toggleEqual() },
    { keys: ["s"], does: "Swap both runs", run: () => page.swap() },
  ];
}
