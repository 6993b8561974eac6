// What a line of the list says that is not in its row: the first fields of the params for spans without a summary, and
// why a span failed. Only lines that are seen are loaded.

/** @import { Source } from "./data.js" */
/** @import { Cut, Json, SpanRow } from "./shapes.js" */
import { childPointer, recordedError, isObject } from "./fields.js";
import { formatBytes } from "./format.js";

const FIELDS = 3;
const CHARACTERS = 200;
const AT_ONCE = 4; // requests
const AFTER = 120; // milliseconds without scrolling

/**
 * The first fields of a payload on one line.
 * @param {Json} payload
 * @param {Cut[]} [cut] What is not shown of the payloads of the span.
 */
export function briefPayload(payload, cut = []) {
  const data = new Map(
    cut.filter(({ side, kind }) => side === "params" && kind === "data").map((each) => [each.pointer, each]),
  );
  if (isObject(payload)) return briefMembers(payload, data, "", false);
  return payload === null ? "" : briefValue(payload, data, "", false);
}

/** @param {Cut} cut */
function briefData({ media_type: kind, size }) {
  return `(${kind ? `${kind}, ` : ""}${formatBytes(size)})`;
}

/**
 * @param {Json} value
 * @param {Map<string, Cut>} data What is left out, by pointer.
 * @param {string} pointer
 * @param {boolean} inside Whether it is in an object that is in the payload.
 * @returns {string}
 */
function briefValue(value, data, pointer, inside) {
  const cut = data.get(pointer);
  if (cut) return briefData(cut);
  if (typeof value === "string") return value.slice(0, CHARACTERS).replace(/\s+/g, " ");
  if (Array.isArray(value)) return value.length ? "[…]" : "[]";
  if (!isObject(value)) return String(value);
  return inside && Object.keys(value).length ? "{…}" : `{${briefMembers(value, data, pointer, true)}}`;
}

/**
 * @param {{ [name: string]: Json }} members
 * @param {Map<string, Cut>} data
 * @param {string} pointer
 * @param {boolean} inside
 */
function briefMembers(members, data, pointer, inside) {
  const given = Object.entries(members).filter(([, value]) => value !== null);
  const shown = given
    .slice(0, FIELDS)
    .map(([name, value]) => `${name}: ${briefValue(value, data, childPointer(pointer, name), inside)}`);
  return [...shown, ...(given.length > FIELDS ? ["…"] : [])].join(", ");
}

/**
 * Why a span failed, on one line: its error, or the first fields of its result; empty if there is none.
 * @param {Json} result
 */
export function briefError(result) {
  const { type, message } = recordedError(result);
  const said = [type, message].filter((part) => part.trim()).join(": ") || briefPayload(result);
  return said.slice(0, CHARACTERS).replace(/\s+/g, " ");
}

/** @typedef {{ params: string, error: string }} Brief */

/** @type {Brief} */
const NOTHING = { params: "", error: "" };

/** Loads what is missing of spans. */
export class Briefs {
  /**
   * @param {Source} source
   * @param {() => void} onLoaded
   */
  constructor(source, onLoaded) {
    this.source = source;
    this.onLoaded = onLoaded;
    /** By the ID and status of the span: params never change, and results only with it. @type {Map<string, Brief>} */
    this.known = new Map();
    /** @type {SpanRow[]} */
    this.wanted = [];
    this.stopped = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * What stands for the summary of a span, and why it failed, as far as it is known.
   * @param {SpanRow} row
   */
  of(row) {
    return this.known.get(keyOf(row)) ?? NOTHING;
  }

  /**
   * Loads what is missing of the lines that can be seen, soon; not of those that could be seen before.
   * @param {SpanRow[]} rows
   */
  want(rows) {
    clearTimeout(this.timer);
    this.wanted = rows.filter((row) => (!row[7] || row[4] === "failed") && !this.known.has(keyOf(row)));
    if (this.wanted.length) this.timer = setTimeout(() => this.load(), AFTER);
  }

  async load() {
    const rows = this.wanted;
    const loadSome = async () => {
      for (let row = rows.shift(); row && rows === this.wanted; row = rows.shift()) await this.loadOne(row);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, loadSome));
    if (!this.stopped.signal.aborted) this.onLoaded();
  }

  /**
   * What cannot be loaded is left out: the list says elsewhere that the server is gone.
   * @param {SpanRow} row
   */
  async loadOne(row) {
    const span = await this.source.span(row[1], false, this.stopped.signal).catch(() => null);
    if (span) this.known.set(keyOf(row), briefOf(row, span.params, span.result, span.cut));
    else this.known.set(keyOf(row), NOTHING);
  }

  stop() {
    clearTimeout(this.timer);
    this.stopped.abort();
  }
}

/** @param {SpanRow} row */
function keyOf(row) {
  return `${row[1]} ${row[4]}`;
}

/**
 * @param {SpanRow} row
 * @param {Json} params
 * @param {Json} result
 * @param {Cut[]} cut
 */
function briefOf(row, params, result, cut) {
  return { params: row[7] ? "" : briefPayload(params, cut), error: row[4] === "failed" ? briefError(result) : "" };
}
