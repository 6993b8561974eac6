// Where the data comes from: the server, or the page itself if it is an exported file.

/** @import { Comparison, Difference, Finding, Neighbours, RowsPage, RunDetails } from "./shapes.js" */
/** @import { RunExport, RunsPage, SpanDetails } from "./shapes.js" */
import { accessHeaders } from "./access.js";
import { parseJson } from "./json.js";

/**
 * @typedef {object} Source
 * @property {boolean} live Whether there may be more later, and other runs.
 * @property {(query: URLSearchParams) => Promise<RunsPage>} runs
 * @property {(run: string) => Promise<RunDetails>} run
 * @property {(run: string, query: URLSearchParams) => Promise<Neighbours>} neighbours
 * @property {(run: string, after: number) => Promise<RowsPage>} rows
 * @property {(run: string, text: string, signal: AbortSignal) => Promise<number[]>} search
 * @property {(run: string) => Promise<Finding[]>} findings
 * @property {(id: string, full: boolean, signal: AbortSignal) => Promise<SpanDetails>} span
 * @property {(a: string, b: string) => Promise<Comparison>} compare
 * @property {(a: string, b: string) => Promise<Difference[]>} differences
 * @property {(run: string, format: string) => Promise<ExportedFile>} exportRun
 */

/** @typedef {{ name: string, content: Blob }} ExportedFile */

/** The answer of the server when it is not what was asked for. */
export class AnswerError extends Error {
  /**
   * @param {number} status The HTTP status; 0: there was no answer.
   * @param {string} message A sentence for the person.
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Asks the server for JSON.
 * @template Answer
 * @param {string} path Below /ui/api/.
 * @param {AbortSignal} [signal]
 * @returns {Promise<Answer>}
 */
async function ask(path, signal) {
  return parseJson(await (await answerOf(path, signal)).text());
}

/**
 * @param {string} path Below /ui/api/.
 * @param {AbortSignal} [signal]
 */
async function answerOf(path, signal) {
  const headers = await accessHeaders();
  let response;
  try {
    response = await fetch(`/ui/api/${path}`, { signal, headers, credentials: "omit", cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new AnswerError(0, "The server does not answer. Is prefactor-local still running?");
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** @param {Response} response */
async function errorOf(response) {
  const body = await response.json().catch(() => null);
  const said = typeof body?.error === "string" ? body.error : `The server answered with status ${response.status}.`;
  return new AnswerError(response.status, said);
}

/**
 * @param {string} path
 * @returns {Promise<ExportedFile>}
 */
async function fileOf(path) {
  const response = await answerOf(path);
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
  return { name: name ? name[1] : "run", content: await response.blob() };
}

/** @returns {Source} */
function serverSource() {
  const of = encodeURIComponent;
  return {
    live: true,
    runs: (query) => ask(`runs?${query}`),
    run: (run) => ask(`runs/${of(run)}`),
    neighbours: (run, query) => ask(`runs/${of(run)}/neighbours?${query}`),
    rows: (run, after) => ask(`runs/${of(run)}/spans?after=${after}`),
    search: async (run, text, signal) => (await ask(`runs/${of(run)}/search?q=${of(text)}`, signal)).seqs,
    findings: async (run) => (await ask(`runs/${of(run)}/findings`)).findings,
    span: (id, full, signal) => ask(`spans/${of(id)}${full ? "?full=1" : ""}`, signal),
    compare: (a, b) => ask(`compare?a=${of(a)}&b=${of(b)}`),
    differences: async (a, b) => (await ask(`differences?a=${of(a)}&b=${of(b)}`)).differences,
    exportRun: (run, format) => fileOf(`runs/${of(run)}/export?format=${format}`),
  };
}

/**
 * @param {RunExport} data
 * @returns {Source}
 */
function embeddedSource(data) {
  const spans = new Map(data.spans.map((span) => [span.id, span]));
  const { run, origin } = data.run;
  const all = { change: 1, more: false, origin, status: run.status, finished_at: run.finished_at, rows: data.rows };
  const absent = async () => {
    throw new AnswerError(404, "This file holds one run only.");
  };
  return {
    live: false,
    runs: absent,
    run: async () => data.run,
    neighbours: absent,
    rows: async (_run, after) => (after ? { ...all, rows: [] } : all),
    search: async (_run, text) =>
      data.spans.filter((span) => spanHolds(span, text.toLowerCase())).map((span) => span.seq),
    findings: async () => data.findings,
    span: async (id) => spans.get(id) ?? absent(),
    compare: absent,
    differences: absent,
    exportRun: absent,
  };
}

/**
 * Whether a text or number in the payloads of a span holds the text.
 * @param {SpanDetails} span
 * @param {string} text In lower case.
 */
function spanHolds(span, text) {
  const waiting = [span.params, span.result];
  while (waiting.length) {
    const value = waiting.pop();
    if (value === null || value === undefined) continue;
    if (typeof value === "object") for (const inner of Object.values(value)) waiting.push(inner);
    else if (String(value).toLowerCase().includes(text)) return true;
  }
  return false;
}

/** The source of this page. @returns {Source} */
export function openSource() {
  const embedded = document.getElementById("run-export");
  return embedded ? embeddedSource(parseJson(embedded.textContent ?? "")) : serverSource();
}
