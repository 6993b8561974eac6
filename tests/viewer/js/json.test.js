import assert from "node:assert/strict";
import { test } from "node:test";
import { formatJson, parseJson } from "./modules.js";

const RECORDED = `{
  "id": 12345678901234567891,
  "items": [
    9007199254740993,
    -9007199254740993,
    9007199254740991,
    1.5
  ],
  "text": "12345678901234567891"
}`;

test("whole numbers are as they were recorded", { skip: !JSON.rawJSON }, () => {
  const value = parseJson(RECORDED);
  assert.equal(String(value.id), "12345678901234567891");
  assert.deepEqual(value.items, [9007199254740993n, -9007199254740993n, 9007199254740991, 1.5]);
  assert.equal(formatJson(value), RECORDED);
  assert.equal(parseJson("1e30"), 1e30);
});

test("names that JavaScript has itself are names", () => {
  const value = parseJson('{"__proto__": {"a": 1}, "n": 12345678901234567}');
  assert.deepEqual(Object.keys(value), ["__proto__", "n"]);
});
