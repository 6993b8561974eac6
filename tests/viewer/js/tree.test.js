import assert from "node:assert/strict";
import { test } from "node:test";
import { buildTree, keepMatches, findNext, hasError, selfTime, span, visibleRows } from "./modules.js";

const seqs = (nodes) => nodes.map((node) => node.seq);
const shown = (tree, collapsed = [], kept = null) => visibleRows(tree, new Set(collapsed), kept);
const shownSeqs = (...given) => seqs(shown(...given).map((row) => row.node));

test("children stand below their parents by start, whatever the order of arrival", () => {
  const tree = buildTree([
    span(3, 1, { start: 5 }),
    span(2, 1, { start: 9 }),
    span(1, null),
    span(4, 3),
    span(5, 1, { start: null }),
  ]);
  assert.deepEqual(seqs(tree.order), [1, 3, 4, 2, 5]);
  assert.deepEqual(
    tree.order.map((node) => node.depth),
    [0, 1, 2, 1, 1],
  );
  assert.deepEqual(
    tree.order.map((node) => node.last),
    [4, 2, 2, 3, 4],
  );
});

test("a span whose parent has not arrived stands at the top until it comes", () => {
  const child = span(1, "id-2");
  assert.equal(buildTree([child]).order[0].parentMissing, true);
  const tree = buildTree([child, span(2, null, { start: 0 })]);
  assert.deepEqual(seqs(tree.order), [2, 1]);
  assert.equal(tree.nodes.get(1).parentMissing, false);
});

test("cycles of parents are opened at the span that arrived first", () => {
  const tree = buildTree([span(9, null), span(4, 4), span(2, 3), span(3, 2), span(7, 3), span(8, 7)]);
  assert.equal(tree.order.length, 6);
  assert.deepEqual(seqs(tree.order.filter((node) => !node.parent)), [9, 4, 2]);
  assert.equal(tree.nodes.get(8).depth, 3);
});

test("siblings are counted as they are shown", () => {
  const tree = buildTree([span(1, null), span(2, 1), span(3, 1), span(4, 3), span(5, null)]);
  assert.deepEqual(shownSeqs(tree, [1]), [1, 5]);
  assert.deepEqual(
    shown(tree).map((row) => [row.position, row.siblings, row.expandable]),
    [
      [1, 2, true],
      [1, 2, false],
      [2, 2, true],
      [1, 1, false],
      [2, 2, false],
    ],
  );
  const kept = keepMatches(tree, (row) => row[0] === 4);
  assert.deepEqual(shownSeqs(tree, [], kept), [1, 3, 4]);
  assert.deepEqual(
    shown(tree, [3], kept).map((row) => [row.position, row.siblings]),
    [
      [1, 1],
      [1, 1],
    ],
  );
});

test("the next span of a kind is found in both directions, and around the ends", () => {
  const rows = [span(1, null), span(2, 1, { status: "failed" }), span(3, 1, { wrong: 2 }), span(4, 1)];
  const next = (from, step) => findNext(buildTree(rows), from, step, (node) => hasError(node.row))?.seq;
  assert.deepEqual([next(-1, 1), next(1, 1), next(2, 1)], [2, 3, 2]);
  assert.deepEqual([next(-1, -1), next(2, -1), next(1, -1)], [3, 2, 3]);
  assert.equal(
    findNext(buildTree(rows), 0, 1, () => false),
    null,
  );
  assert.equal(
    findNext(buildTree([]), -1, 1, () => true),
    null,
  );
});

test("self time leaves out children that overlap, that end later, and that still run", () => {
  const parent = span(1, null, { start: 0, duration: 100 });
  const children = [
    span(2, 1, { start: 10, duration: 20 }),
    span(3, 1, { start: 20, duration: 20 }),
    span(4, 1, { start: 90, duration: 50 }),
  ];
  assert.equal(selfTime(buildTree([parent, ...children]).order[0], 0), 60);
  const running = span(5, 1, { start: 50, duration: null, status: "active" });
  assert.equal(selfTime(buildTree([parent, running]).order[0], 80), 70);
  assert.equal(selfTime(buildTree([span(1, null, { start: null, duration: null })]).order[0], 0), null);
});

test("a chain of 100,000 spans and 100,000 siblings are no problem", () => {
  const count = 100_000;
  const chain = Array.from({ length: count }, (_, index) => span(index + 1, index || null));
  assert.equal(buildTree(chain).order.at(-1).depth, count - 1);
  const wide = Array.from({ length: count }, (_, index) => span(index + 1, index ? 1 : null));
  assert.equal(shown(buildTree(wide)).length, count);
});
