// JSON in colours: names, texts, numbers and words each have theirs.

/** @import { Json } from "./shapes.js" */
/** @import { Child } from "./dom.js" */
import { element } from "./dom.js";
import { visibleText } from "./format.js";
import { formatJson } from "./json.js";

const LINES_OF_BLOCK = 100;
const LINE_HEIGHT = 18; // pixels
const COLOURED_LINES = 3000; // what follows them has no colours: each line takes some elements
const LONGEST_JSON_NAME = 1000; // characters
const JSON_NAME = /^"(?:[^"\\]|\\.)*"(?=: )/;
const VALUE_KINDS = [
  ['"', "string"],
  ["-0123456789", "number"],
  ["tfn", "word"],
];

/** @param {Json} value */
export function jsonElement(value) {
  const lines = visibleText(formatJson(value)).split("\n");
  const shown = element("pre", { class: "text code" });
  for (let from = 0; from < lines.length; from += LINES_OF_BLOCK)
    shown.append(lineBlock(lines.slice(from, from + LINES_OF_BLOCK), from < COLOURED_LINES));
  return shown;
}

/**
 * Some lines, which the browser lays out when they come into sight.
 * @param {string[]} lines
 * @param {boolean} coloured
 */
function lineBlock(lines, coloured) {
  const parts = coloured ? lines.flatMap(lineParts).slice(1) : [lines.join("\n")];
  const block = element("div", { class: "json-lines" }, ...parts);
  block.style.containIntrinsicSize = `auto ${lines.length * LINE_HEIGHT}px`;
  return block;
}

/**
 * The end of the line before it, and its parts. A line has one value, or a bracket, and maybe its name.
 * @param {string} line
 * @returns {Child[]}
 */
function lineParts(line) {
  const text = line.trimStart();
  const name = JSON_NAME.exec(text.slice(0, LONGEST_JSON_NAME))?.[0] ?? "";
  const value = name ? text.slice(name.length + 2) : text;
  const end = value.endsWith(",") ? "," : "";
  return [
    "\n" + " ".repeat(line.length - text.length),
    name && element("span", { class: "json-name" }, name),
    name && ": ",
    valuePart(value.slice(0, value.length - end.length)),
    end,
  ];
}

/** @param {string} value */
function valuePart(value) {
  const kind = VALUE_KINDS.find(([first]) => first.includes(value[0]))?.[1];
  return kind ? element("span", { class: `json-${kind}` }, value) : value;
}
