// The keys of the comparison of two runs.

/** @import { ComparePage } from "./compare_page.js" */
/** @import { KeyBinding } from "./keys.js" */

/**
 * @param {ComparePage} page
 * @returns {KeyBinding[]}
 */
export function compareKeys(page) {
  return [
    { keys: ["j"], listKeys: ["ArrowDown"], does: "Next pair of spans", run: () => page.move(1) },
    { keys: ["k"], listKeys: ["ArrowUp"], does: "Previous pair", run: () => page.move(-1) },
    { keys: [], listKeys: ["PageDown"], does: "A page down", run: () => page.move(page.list.pageSize) },
    { keys: [], listKeys: ["PageUp"], does: "A page up", run: () => page.move(-page.list.pageSize) },
    { keys: [], listKeys: ["Home"], does: "First pair", run: () => page.move(-Infinity) },
    { keys: [], listKeys: ["End"], does: "Last pair", run: () => page.move(Infinity) },
    { keys: [], listKeys: ["Enter"], does: "Go to the pane of the pair", run: () => page.openPane() },
    { keys: ["Escape"], does: "Close the pane", run: () => page.closePane() },
    { keys: ["n"], does: "Next difference", run: () => page.goToDifference(1) },
    { keys: ["p"], does: "Previous difference", run: () => page.goToDifference(-1) },
    { keys: ["e"], does: "Hide or show what is equal", run: () => page.toggleEqual() },
    { keys: ["s"], does: "Swap both runs", run: () => page.swap() },
  ];
}
