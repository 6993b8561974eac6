// Spans without a summary: the first fields of their params stand for it. Only those that are seen are loaded.

/** @import { Source } from "./data.js" */
/** @import { Json, SpanRow } from "./shapes.js" */
import { isObject } from "./fields.js";

const FIELDS = 3;
const CHARACTERS = 200;
const AT_ONCE = 4; // requests
const AFTER = 120; // milliseconds without scrolling

/**
 * The first fields of a payload on one line.
 * @param {Json} payload
 */
export function briefPayload(payload) {
  if (isObject(payload)) return briefMembers(payload, false);
  return payload === null ? "" : briefValue(payload, false);
}

/**
 * @param {Json} value
 * @param {boolean} inside Whether it is in an object that is in the payload.
 * @returns {string}
 */
function briefValue(value, inside) {
  if (typeof value === "string") return value.slice(0, CHARACTERS).replace(/\s+/g, " ");
  if (Array.isArray(value)) return value.length ? "[…]" : "[]";
  if (!isObject(value)) return String(value);
  return inside && Object.keys(value).length ? "{…}" : `{${briefMembers(value, true)}}`;
}

/**
 * @param {{ [name: string]: Json }} members
 * @param {boolean} inside
 */
function briefMembers(members, inside) {
  const given = Object.entries(members).filter(([, value]) => value !== null);
  const shown = given.slice(0, FIELDS).map(([name, value]) => `${name}: ${briefValue(value, inside)}`);
  return [...shown, ...(given.length > FIELDS ? ["…"] : [])].join(", ");
}

/** Loads the params of spans without a summary. */
export class Briefs {
  /**
   * @param {Source} source
   * @param {() => void} onLoaded
   */
  constructor(source, onLoaded) {
    this.source = source;
    this.onLoaded = onLoaded;
    /** By the ID of the span; params never change. @type {Map<string, string>} */
    this.known = new Map();
    /** @type {SpanRow[]} */
    this.wanted = [];
    this.stopped = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * What stands for the summary of a span, as far as it is known.
   * @param {SpanRow} row
   */
  of(row) {
    return row[7] ? "" : (this.known.get(row[1]) ?? "");
  }

  /**
   * Loads what is missing of the lines that can be seen, soon; not of those that could be seen before.
   * @param {SpanRow[]} rows
   */
  want(rows) {
    clearTimeout(this.timer);
    this.wanted = rows.filter((row) => !row[7] && !this.known.has(row[1]));
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
    this.known.set(row[1], span ? briefPayload(span.params) : "");
  }

  stop() {
    clearTimeout(this.timer);
    this.stopped.abort();
  }
}
