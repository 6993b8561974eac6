import assert from "node:assert/strict";
import { test } from "node:test";
import { comparison, RunsModel, span, toggleMark, urls } from "./modules.js";

const run = (seq, status = "complete") => ({ seq, id: `run-${seq}`, status });
const page = (seqs, before) => ({ runs: seqs.map((seq) => run(seq)), before, agents: [] });
const seqsOf = (model) => model.runs.map(({ seq }) => seq);

test("pages of runs join, and what a page does not have any more goes", () => {
  const model = new RunsModel();
  model.apply(page([9, 8, 7], 7));
  model.apply(page([6, 5], null), model.before);
  assert.deepEqual([seqsOf(model), model.before], [[9, 8, 7, 6, 5], null]);
  model.apply(page([11, 9, 8], 8));
  assert.deepEqual([seqsOf(model), model.before], [[11, 9, 8, 7, 6, 5], null]);
  model.apply(page([9, 7], 7)); // a filter by status, and a run that has ended
  assert.deepEqual(seqsOf(model), [9, 7, 6, 5]);
});

test("runs between those that are known and the newest page make the list begin anew", () => {
  const model = new RunsModel();
  model.apply(page([3, 2], null));
  model.apply(page([90, 89], 89));
  assert.deepEqual([seqsOf(model), model.before], [[90, 89], 89]);
});

test("an older run that is not over is asked for again", () => {
  const model = new RunsModel();
  model.apply(page([9, 8], 8));
  model.apply({ ...page([7, 6], null), runs: [run(7, "active"), run(6, "active")] }, 8);
  assert.equal(model.olderOpenRun(page([9, 8], 8)).seq, 7);
  model.apply(page([7], 7), 8);
  assert.equal(model.olderOpenRun(page([9, 8], 8)).seq, 6);
});

test("the keys stay in the list, and two runs are marked at most", () => {
  const model = new RunsModel();
  assert.equal(model.further(null, 1), undefined);
  model.apply(page([3, 2, 1], null));
  assert.deepEqual(
    [model.further(null, 1).seq, model.further("run-3", -1).seq, model.further("run-2", Infinity).seq],
    [3, 3, 1],
  );
  assert.deepEqual(
    [-1, -Infinity, Infinity, 2].map((step) => model.further(null, step).seq),
    [1, 3, 1, 2],
  );
  assert.deepEqual(["a", "b", "c", "b"].reduce(toggleMark, []), ["c"]);
});

const both = (depth, changed = []) => ({ depth, a: span(1, null), b: span(2, null), changed });
const onlyA = (depth) => ({ depth, a: span(1, null), b: null, changed: [] });

test("what is equal is hidden, but not what stands above a difference", () => {
  const rows = [both(0), both(1), both(2), onlyA(2), both(1), both(0), both(0, ["result"])];
  assert.deepEqual(comparison.shownRows(rows, true), [0, 1, 3, 6]);
  assert.equal(comparison.shownRows(rows, false).length, 7);
  assert.deepEqual(
    [-1, 3, 6].map((from) => comparison.nextDifference(rows, from, 1)),
    [3, 6, null],
  );
  assert.deepEqual(
    [-1, 6, 3].map((from) => comparison.nextDifference(rows, from, -1)),
    [6, 3, null],
  );
  assert.deepEqual(comparison.countKinds(rows), { equal: 5, changed: 1, added: 0, removed: 1 });
  assert.equal(comparison.kindWords(rows[3]), "only in A");
});

test("the middle of two texts is what differs, and no character is cut in two", () => {
  const middles = (a, b) => Object.values(comparison.splitTexts(a, b)).map(({ middle }) => middle);
  assert.deepEqual(middles("It was sent.", "It was lost."), ["sen", "los"]);
  assert.deepEqual(middles("aa", "aaa"), ["", "a"]);
  assert.deepEqual(middles("x\u{1F600}", "x\u{1F601}"), ["\u{1F600}", "\u{1F601}"]);
  assert.deepEqual(middles("\u{1F600}", "\u{1FA00}"), ["\u{1F600}", "\u{1FA00}"]);
  assert.deepEqual(middles("same", "same"), ["", ""]);
});

test("what was chosen in both pages comes back from the address", () => {
  const chosen = { text: "a&b", agent: "1", status: "failed" };
  assert.deepEqual(urls.parseRunsState(new URL(urls.runsUrl(chosen), "http://x").search), chosen);
  assert.equal(urls.runsUrl(urls.parseRunsState("?status=&x=1")), "/ui/");
  const state = { row: 3, closed: false, hideEqual: true };
  assert.deepEqual(urls.parseCompareState(new URL(urls.compareUrl("a", "b", state), "http://x").search), state);
  assert.equal(urls.compareUrl("a", "b", urls.parseCompareState("?row=x")), "/ui/compare?a=a&b=b");
});
