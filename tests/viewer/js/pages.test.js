import assert from "node:assert/strict";
import { test } from "node:test";
import * as modules from "./modules.js";

const {
  childField,
  childPointer,
  fieldTree,
  formatRunState,
  isConversation,
  isRedacted,
  looksLikeCode,
  nextWait,
  parseRoute,
  parseRunState,
} = modules;

test("addresses name pages", () => {
  assert.deepEqual(parseRoute("/ui/", ""), { page: "runs" });
  assert.deepEqual(parseRoute("/ui/runs/last", ""), { page: "run", run: "last" });
  assert.deepEqual(parseRoute("/ui/runs/%E0%A4%A", ""), { page: "run", run: "%E0%A4%A" });
  assert.deepEqual(parseRoute("/ui/compare", "?a=1&b=2"), { page: "compare", a: "1", b: "2" });
  assert.deepEqual(parseRoute("/ui/runs/a/b", ""), { page: "unknown" });
});

test("what was chosen comes back from the address, and nonsense does not", () => {
  const state = {
    span: 12,
    closed: false,
    text: ">2s & a=b",
    types: ["a:b", "c"],
    status: "failed",
    mode: "highlight",
    json: true,
    zoom: { from: 0.25, to: 1200 },
  };
  assert.deepEqual(parseRunState(`?${formatRunState(state)}`), state);
  assert.equal(formatRunState({ ...parseRunState("?span=12"), closed: true }), "");
  assert.equal(formatRunState(parseRunState("#span=x&mode=<b>&view=html&other=1&time=9-3")), "");
});

test("the page asks often while something changes, and seldom otherwise", () => {
  const waits = [500];
  while (waits.at(-1) < 5000) waits.push(nextWait(waits.at(-1), "same"));
  assert.ok(waits.length > 5 && waits.length < 12, `${waits}`);
  assert.equal(nextWait(5000, "changed"), 500);
  assert.equal(nextWait(3000, "failed"), 5000);
});

test("fields are found by name, then by the pattern for any", () => {
  const fields = fieldTree({
    "": {},
    "/messages/*/content": { title: "Content" },
    "/a~1b": { title: "A/B" },
    "/*": { title: "Other" },
  });
  const content = ["messages", "3", "content"].reduce(childField, fields);
  assert.equal(content.info.title, "Content");
  assert.equal(childField(fields, "a/b").info.title, "A/B");
  assert.equal(childField(fields, "__proto__").info.title, "Other");
  assert.equal(childField(childField(fields, "x"), "y"), null);
  assert.equal(childPointer("/a", "b/~"), "/a/b~1~0");
});

test("the first fields of a payload stand for a summary", () => {
  const params = { none: null, sql: "SELECT 1\n  FROM t", many: [1], inner: { a: { b: 1 }, c: true }, more: 1 };
  assert.equal(modules.briefPayload(params), "sql: SELECT 1 FROM t, many: […], inner: {a: {…}, c: true}, …");
  assert.deepEqual(
    [null, {}, [], 7].map((each) => modules.briefPayload(each)),
    ["", "", "[]", "7"],
  );
  const cut = [{ side: "params", pointer: "/image", kind: "data", size: 40_000, media_type: "image/png" }];
  assert.equal(modules.briefPayload({ image: "", url: "x" }, cut), "image: (image/png, 40 kB), url: x");
  assert.equal(modules.briefError({ error: { type: "E", message: "No\nway" } }), "E: No way");
  assert.equal(modules.briefError({ error: "no seats" }), "no seats");
  assert.equal(modules.briefError({ error_message: "no flights" }), "no flights");
  assert.equal(modules.briefError({ error: null, message: "m", code: 3 }), "message: m, code: 3");
  assert.equal(modules.briefError(null), "");
});

test("the types of a run have colours of their own, the same when it is opened again", () => {
  const rows = Array.from({ length: 8 }, (_, seq) => modules.span(seq, null, { type: `type ${seq}` }));
  const [hues, again] = [new Map(), new Map()];
  modules.addHues(hues, [rows[7], ...rows]);
  for (const row of rows) modules.addHues(again, [row]);
  const sorted = [...hues.values()].sort((a, b) => a - b);
  assert.ok(
    sorted.every((hue, index) => !index || hue - sorted[index - 1] >= 24),
    `${sorted}`,
  );
  assert.deepEqual(again, hues);
});

test("a value is found by its pointer", () => {
  assert.equal(modules.valueAt({ "a/b": [1, { c: "x" }] }, "/a~1b/1/c"), "x");
  assert.equal(modules.valueAt({ a: "x" }, "/a/length"), undefined);
});

test("conversations, redacted values and code are recognised", () => {
  assert.equal(
    isConversation([
      { role: "user", content: "Hello" },
      { role: "assistant", tool_calls: [] },
    ]),
    true,
  );
  assert.equal(isConversation([{ role: "user", content: "Hello" }, "x"]), false);
  assert.equal(isConversation([]), false);
  assert.equal(isRedacted("[redacted]"), true);
  assert.equal(isRedacted("text with [redacted]"), false);
  for (const code of [
    '{"a": 1}',
    "def f(x):\n    return x",
    "SELECT a\n  FROM b\n WHERE c = 1;",
    'Traceback:\n  File "a.py", line 3, in f',
  ]) {
    assert.equal(looksLikeCode(code), true, code);
  }
  for (const prose of [
    "Hello",
    "I found two charges.\n\nI will ask for a refund.",
    "- one\n- two",
    "If you like,\nfor example, say so.",
    "Please check:\n  order 7",
  ]) {
    assert.equal(looksLikeCode(prose), false, prose);
  }
});
