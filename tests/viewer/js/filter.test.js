import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen, matcherOf, parseFilter, span } from "./modules.js";

const matches = (state, row, found = {}) =>
  matcherOf(chosen(state), new Map(Object.entries(found).map(([word, seqs]) => [word, new Set(seqs)])), 1000)?.(row) ??
  null;

test("a filter holds words and durations", () => {
  assert.deepEqual(parseFilter("  Pay  >200ms now <=1.5s "), { words: ["pay", "now"], longer: 200, shorter: 1500 });
  assert.deepEqual(parseFilter(">2 a>b <p>"), { words: ["a>b", "<p>"], longer: 2, shorter: Infinity });
  assert.deepEqual(parseFilter('> 30 ms < 1 h "by card" x'), { words: ["by card", "x"], longer: 30, shorter: 3.6e6 });
});

test("without a choice there is no filter", () => assert.equal(matches({ text: "  " }, span(1, null)), null));

test("text is looked for in type and summary in any case, and in the payloads that the server found", () => {
  const row = span(7, null, { type: "agent:llm", summary: "Hello World" });
  assert.equal(matches({ text: "LLM" }, row), true);
  assert.equal(matches({ text: "hello w" }, row), true);
  assert.equal(matches({ text: "secret" }, row), false);
  assert.equal(matches({ text: "secret" }, row, { secret: [7] }), true);
  assert.equal(matches({ text: "secret llm world" }, row, { secret: [7] }), true);
  assert.equal(matches({ text: "secret other" }, row, { secret: [7], other: [8] }), false);
});

test("type, status, mismatches and durations must all match", () => {
  const row = span(1, null, { start: 0, duration: 300, type: "a", status: "failed", wrong: 1 });
  assert.equal(matches({ types: ["a"], status: "failed", text: ">200ms" }, row), true);
  assert.equal(matches({ types: ["b"], status: "failed" }, row), false);
  assert.equal(matches({ status: "mismatch" }, row), true);
  assert.equal(matches({ text: "<0.2s" }, row), false);
  assert.equal(matches({ text: ">900ms" }, span(2, null, { start: 0, duration: null, status: "active" })), true);
  assert.equal(matches({ text: "<1h" }, span(2, null, { start: null, duration: null, status: "pending" })), false);
});
