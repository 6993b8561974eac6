import assert from "node:assert/strict";
import { test } from "node:test";
import { format } from "./modules.js";

const { axisMarks, formatAgo, formatBytes, formatCount, formatDuration, formatNumber, formatTime, hueOf, visibleText } =
  format;

test("durations", () => {
  const expected = {
    0: "0 ms",
    0.4242: "0.42 ms",
    0.999: "1 ms",
    9.94: "9.9 ms",
    9.96: "10 ms",
    850: "850 ms",
    999.6: "1.00 s",
    2345: "2.35 s",
    12340: "12.3 s",
    59949: "59.9 s",
    59999: "1 m 00 s",
    185000: "3 m 05 s",
    3599900: "1 h 00 m",
    7265000: "2 h 01 m",
    349200000: "4 d 01 h",
    "-20": "−20 ms",
  };
  for (const [ms, text] of Object.entries(expected)) assert.equal(formatDuration(Number(ms)), text, `${ms} ms`);
});

test("numbers, counts and sizes", () => {
  assert.equal(formatNumber(1234567.25), "1,234,567.25");
  assert.equal(formatNumber(0.1 + 0.2), "0.30000000000000004");
  assert.equal(formatCount(1, "span"), "1 span");
  assert.equal(formatCount(2000, "span"), "2,000 spans");
  assert.deepEqual([999, 1200, 65536, 999600, 2e9].map(formatBytes), [
    "999 bytes",
    "1.2 kB",
    "66 kB",
    "1.0 MB",
    "2.0 GB",
  ]);
});

test("times", () => {
  assert.match(formatTime("2026-11-28T17:40:12.345Z"), /^2026-11-2\d \d\d:\d\d:12\.345$/);
  assert.equal(formatTime("no time"), "no time");
  assert.deepEqual([0, 59_000, 61_000, 7_200_000, 9e7].map(formatAgo), [
    "just now",
    "59 seconds ago",
    "1 minute ago",
    "2 hours ago",
    "1 day ago",
  ]);
});

test("the marks of an axis are at round times, and never too many", () => {
  assert.deepEqual(axisMarks(0, 1000, 5), [0, 200, 400, 600, 800, 1000]);
  assert.deepEqual(axisMarks(30, 95, 4), [40, 60, 80]);
  assert.deepEqual(axisMarks(0, 130_000, 5), [0, 30_000, 60_000, 90_000, 120_000]);
  for (const length of [1e-6, 0.37, 7, 999, 1e4, 1e7, 1e11])
    assert.ok(axisMarks(0, length, 6).length <= 8, `${length}`);
});

test("the hue of a name is stable, and is never a red", () => {
  assert.equal(hueOf("agent:llm"), 208);
  for (let index = 0; index < 500; index += 1) assert.ok(hueOf(`type ${index}`) >= 78 && hueOf(`type ${index}`) <= 325);
});

test("characters that hide or turn round others are written out", () => {
  assert.equal(visibleText("a\u001b[31mb\u202ec\r\nd\te"), "a⟨U+001B⟩[31mb⟨U+202E⟩c\nd\te");
});
