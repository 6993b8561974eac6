// JSON in colours: names, texts, numbers and words each have theirs.

/** @import { Json } from "./shapes.js" */
/** @import { Child } from "./dom.js" */
import { element } from "./dom.js";
import { visibleText } from "./format.js";
import { formatJson } from "./json.js";

const MOST_LINES = 3000; // what follows them has no colours: each line takes some elements
const LONGEST_JSON_NAME = 1000; // characters
const JSON_NAME = /^"(?:[^"\\]|\\.)*"(?=: )/;
const VALUE_KINDS = [
  ['"', "string"],
  ["-0123456789", "number"],
  ["tfn", "word"],
];

/** @param {Json} value */
export function jsonElement(value) {
  const text = visibleText(formatJson(value));
  const lines = text.split("\n", MOST_LINES);
  const rest = text.slice(lines.join("\n").length);
  return element("pre", { class: "text code" }, ...lines.flatMap(lineParts).slice(1), rest);
}

/**
 * The parts of a line, after the end of the line before it. A line has one value, or a bracket, and maybe its name.
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
