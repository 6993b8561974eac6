// The tree of the spans of a run. No DOM; everything takes time in proportion to the number of spans.

/** @import { SpanRow } from "./shapes.js" */

/**
 * @typedef {object} TreeNode
 * @property {SpanRow} row
 * @property {number} seq
 * @property {TreeNode | null} parent
 * @property {TreeNode[]} children By start; those that have not started come last.
 * @property {boolean} parentMissing Whether it has a parent that is not among the rows.
 * @property {number} depth 0 for spans at the top.
 * @property {number} index Its place in the order of the tree.
 * @property {number} last The place of its last descendant, or its own.
 */

/**
 * @typedef {object} SpanTree
 * @property {Map<number, TreeNode>} nodes By seq.
 * @property {TreeNode[]} order All of them, parents before their children.
 */

/**
 * @typedef {object} VisibleRow
 * @property {TreeNode} node
 * @property {boolean} expandable Whether it has children that the filter keeps.
 * @property {number} position Among its siblings, from 1.
 * @property {number} siblings How many there are, with itself.
 */

/**
 * Arranges spans as a tree. A span whose parent is not there stands at the top; of a cycle, the one that arrived first.
 * @param {Iterable<SpanRow>} rows
 * @returns {SpanTree}
 */
export function buildTree(rows) {
  const nodes = new Map();
  for (const row of rows) nodes.set(row[0], newNode(row));
  const top = connect(nodes);
  top.sort(byStart);
  const order = arrange(top, []);
  if (order.length < nodes.size) arrange(openCycles(nodes, new Set(order)), order);
  return { nodes, order };
}

/**
 * @param {SpanRow} row
 * @returns {TreeNode}
 */
function newNode(row) {
  return { row, seq: row[0], parent: null, children: [], parentMissing: false, depth: 0, index: 0, last: 0 };
}

/**
 * Connects children with parents; returns the spans without one.
 * @param {Map<number, TreeNode>} nodes
 */
function connect(nodes) {
  const byId = idsOfLateParents(nodes);
  /** @type {TreeNode[]} */
  const top = [];
  for (const node of nodes.values()) {
    const wanted = node.row[2];
    const parent = typeof wanted === "string" ? byId.get(wanted) : wanted === null ? null : nodes.get(wanted);
    node.parentMissing = parent === undefined;
    if (parent) {
      node.parent = parent;
      parent.children.push(node);
    } else top.push(node);
  }
  return top;
}

/**
 * Spans by their ID, if a child names its parent so because it arrived before it.
 * @param {Map<number, TreeNode>} nodes
 */
function idsOfLateParents(nodes) {
  /** @type {Map<string, TreeNode>} */
  const byId = new Map();
  let needed = false;
  for (const node of nodes.values()) needed ||= typeof node.row[2] === "string";
  if (needed) for (const node of nodes.values()) byId.set(node.row[1], node);
  return byId;
}

/**
 * @param {TreeNode} a
 * @param {TreeNode} b
 */
function byStart(a, b) {
  const first = a.row[5] ?? Infinity;
  const second = b.row[5] ?? Infinity;
  return first === second ? a.seq - b.seq : first - second;
}

/**
 * Adds spans and all below them to the order of the tree. Without recursion: trees are as deep as agents make them.
 * @param {TreeNode[]} top
 * @param {TreeNode[]} order
 */
function arrange(top, order) {
  const waiting = [...top].reverse();
  const first = order.length;
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    node.depth = node.parent ? node.parent.depth + 1 : 0;
    node.index = node.last = order.length;
    order.push(node);
    node.children.sort(byStart);
    for (let index = node.children.length - 1; index >= 0; index -= 1) waiting.push(node.children[index]);
  }
  for (let index = order.length - 1; index >= first; index -= 1) {
    const { parent, last } = order[index];
    if (parent && parent.last < last) parent.last = last;
  }
  return order;
}

/**
 * Takes the first span of every cycle of parents out of it; returns those spans.
 * @param {Map<number, TreeNode>} nodes
 * @param {Set<TreeNode>} reached Spans below the top; those below opened cycles are added.
 */
function openCycles(nodes, reached) {
  const opened = [];
  for (const node of nodes.values()) {
    if (reached.has(node)) continue;
    const first = firstOfCycle(node);
    if (first.parent) first.parent.children.splice(first.parent.children.indexOf(first), 1);
    first.parent = null;
    first.parentMissing = true;
    opened.push(first);
    for (const below of arrange([first], [])) reached.add(below);
  }
  return opened;
}

/**
 * @param {TreeNode} node A span from which parents lead into a cycle.
 * @returns {TreeNode}
 */
function firstOfCycle(node) {
  const seen = new Set();
  let inside = node;
  while (!seen.has(inside) && inside.parent) {
    seen.add(inside);
    inside = inside.parent;
  }
  let first = inside;
  for (let other = inside.parent; other && other !== inside; other = other.parent) {
    if (other.seq < first.seq) first = other;
  }
  return first;
}

/**
 * The spans that the filter keeps: the ones that match, and all above them.
 * @param {SpanTree} tree
 * @param {(row: SpanRow) => boolean} matches
 * @returns {Uint8Array} By the place in the order of the tree: 0, or 1 above a match, or 2 for a match.
 */
export function keepMatches(tree, matches) {
  const kept = new Uint8Array(tree.order.length);
  for (let index = kept.length - 1; index >= 0; index -= 1) {
    const node = tree.order[index];
    if (matches(node.row)) kept[index] = 2;
    if (kept[index] && node.parent) kept[node.parent.index] ||= 1;
  }
  return kept;
}

/**
 * The rows to show, from top to bottom.
 * @param {SpanTree} tree
 * @param {Set<number>} collapsed Spans, by seq, whose children are not shown.
 * @param {Uint8Array | null} kept Which spans to show, as `keepMatches` tells; null: all.
 * @returns {VisibleRow[]}
 */
export function visibleRows(tree, collapsed, kept) {
  const counts = new Int32Array(tree.order.length + 1);
  /** @param {TreeNode} node */
  const siblingsOf = (node) => (node.parent ? node.parent.index + 1 : 0);
  for (const node of tree.order) if (!kept || kept[node.index]) counts[siblingsOf(node)] += 1;
  const positions = new Int32Array(counts.length);
  const visible = [];
  for (let index = 0; index < tree.order.length; index += 1) {
    const node = tree.order[index];
    if (kept && !kept[index]) continue;
    const place = siblingsOf(node);
    positions[place] += 1;
    const expandable = counts[index + 1] > 0;
    visible.push({ node, expandable, position: positions[place], siblings: counts[place] });
    if (expandable && collapsed.has(node.seq)) index = node.last;
  }
  return visible;
}

/**
 * The next span of a kind in the order of the tree.
 * @param {SpanTree} tree
 * @param {number} from The place to start from; -1: before the first.
 * @param {1 | -1} step Forward or backward.
 * @param {(node: TreeNode) => boolean} accepts
 * @returns {TreeNode | null} From the other end if there is none on the way; null if there is none at all.
 */
export function findNext(tree, from, step, accepts) {
  const count = tree.order.length;
  let index = from < 0 && step < 0 ? count : from;
  for (let tried = 0; tried < count; tried += 1) {
    index = (index + step + count) % count;
    if (accepts(tree.order[index])) return tree.order[index];
  }
  return null;
}

/** @param {SpanRow} row */
export function hasError(row) {
  return row[4] === "failed" || row[8] > 0;
}

/**
 * The end of a span; `now` while it runs; null if it has not started, or ended without a time.
 * @param {SpanRow} row
 * @param {number} now
 * @returns {number | null}
 */
export function endOf(row, now) {
  if (row[5] === null) return null;
  if (row[6] !== null) return row[5] + row[6];
  return row[4] === "active" ? Math.max(now, row[5]) : null;
}

/**
 * The time of a span in which none of its children ran, in milliseconds; null if it has not started.
 * @param {TreeNode} node
 * @param {number} now
 * @returns {number | null}
 */
export function selfTime(node, now) {
  const start = node.row[5];
  const end = endOf(node.row, now);
  if (start === null || end === null) return null;
  let covered = 0;
  let until = start;
  for (const child of node.children) {
    const childEnd = Math.min(endOf(child.row, now) ?? until, end);
    if (child.row[5] === null || childEnd <= until) continue;
    covered += childEnd - Math.max(child.row[5], until);
    until = childEnd;
  }
  return Math.max(0, end - start - covered);
}

/**
 * The end of the last span, at least 1 ms after the start of the run.
 * @param {SpanTree} tree
 * @param {number} now
 */
export function endOfTree(tree, now) {
  let end = 1;
  for (const { row } of tree.order) end = Math.max(end, endOf(row, now) ?? row[5] ?? 0);
  return end;
}
