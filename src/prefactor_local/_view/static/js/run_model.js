// A run as it is known now, and what is shown of it. No DOM.

/** @import { RowsPage, RunDetails, SpanRow } from "./shapes.js" */
/** @import { SpanTree, TreeNode, VisibleRow } from "./tree.js" */
/** @import { RunState } from "./urls.js" */
import { matcherOf } from "./filter.js";
import { hueOf } from "./format.js";
import { addHues } from "./hues.js";
import { isOpen } from "./runs_model.js";
import { buildTree, endOfTree, keepMatches, visibleRows } from "./tree.js";

/**
 * @typedef {object} Counts
 * @property {number} spans
 * @property {number} failed
 * @property {number} open
 * @property {number} mismatches
 * @property {Map<string, number>} types Spans by type, in the order of names.
 */

export class RunModel {
  /** @param {RunState} state */
  constructor(state) {
    this.state = state;
    /** @type {RunDetails | null} */
    this.details = null;
    /** @type {Map<number, SpanRow>} */
    this.rows = new Map();
    /** @type {SpanTree} */
    this.tree = { nodes: new Map(), order: [] };
    /** @type {Set<number>} */
    this.collapsed = new Set();
    /** The spans whose payloads hold a word of the filter, by word. @type {Map<string, Set<number>>} */
    this.found = new Map();
    /** @type {Map<string, number>} */
    this.hues = new Map();
    /** As `keepMatches` tells; null: there is no filter. @type {Uint8Array | null} */
    this.kept = null;
    /** @type {VisibleRow[]} */
    this.visible = [];
    this.matches = 0;
    this.change = 0;
    this.end = 1;
  }

  /** Whether more spans, or changes, are to be expected. */
  get isOpen() {
    return this.details !== null && isOpen(this.details.run);
  }

  /**
   * What is known of a span type; null: nothing.
   * @param {string} name Anything: also the name of something that every object has.
   */
  typeOf(name) {
    const types = this.details?.span_types ?? {};
    return Object.hasOwn(types, name) ? types[name] : null;
  }

  /**
   * The colour of a span type.
   * @param {string} type
   */
  hueOf(type) {
    return this.hues.get(type) ?? hueOf(type);
  }

  /** Forgets the spans. */
  clear() {
    this.rows = new Map();
    this.change = 0;
  }

  /**
   * Takes over changes.
   * @param {RowsPage} page
   * @returns {boolean} Whether there are any.
   */
  apply(page) {
    this.change = page.change;
    for (const row of page.rows) this.rows.set(row[0], row);
    if (page.rows.length) this.tree = buildTree(this.rows.values());
    addHues(this.hues, page.rows);
    return page.rows.length > 0;
  }

  /**
   * Decides anew which rows are shown.
   * @param {number} now
   */
  arrange(now) {
    this.end = endOfTree(this.tree, now);
    const matches = matcherOf(this.state, this.found, now);
    this.kept = matches && keepMatches(this.tree, matches);
    this.visible = visibleRows(this.tree, this.collapsed, this.state.mode === "hide" ? this.kept : null);
    this.matches = this.kept ? this.kept.reduce((sum, kept) => sum + (kept === 2 ? 1 : 0), 0) : this.tree.order.length;
  }

  /** @returns {TreeNode | null} */
  get selected() {
    return this.state.span === null ? null : (this.tree.nodes.get(this.state.span) ?? null);
  }

  /**
   * The place of a span among the rows that are shown; -1 if it is not shown.
   * @param {number} seq
   */
  indexOf(seq) {
    const wanted = this.tree.nodes.get(seq)?.index ?? -1;
    let low = 0;
    let high = this.visible.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const { index } = this.visible[middle].node;
      if (index === wanted) return middle;
      if (index < wanted) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /**
   * Expands everything above a span.
   * @param {TreeNode} node
   */
  reveal(node) {
    for (let above = node.parent; above; above = above.parent) this.collapsed.delete(above.seq);
  }

  /** Collapses all spans that have children. */
  collapseAll() {
    for (const node of this.tree.order) if (node.children.length) this.collapsed.add(node.seq);
  }

  /** @returns {Counts} */
  counts() {
    /** @type {Map<string, number>} */
    const types = new Map();
    const counts = { spans: this.rows.size, failed: 0, open: 0, mismatches: 0 };
    for (const row of this.rows.values()) {
      types.set(row[3], (types.get(row[3]) ?? 0) + 1);
      if (row[4] === "failed") counts.failed += 1;
      if (isOpen({ status: row[4] })) counts.open += 1;
      counts.mismatches += row[8];
    }
    return { ...counts, types: new Map([...types].sort(([a], [b]) => (a < b ? -1 : 1))) };
  }
}
