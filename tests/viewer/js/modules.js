// The modules under test, at one place.

const folder = "../../../src/prefactor_local/_view/static/js";

export const { buildTree, findNext, hasError, keepMatches, selfTime, visibleRows } = await import(`${folder}/tree.js`);
export const { matcherOf, parseFilter } = await import(`${folder}/filter.js`);
export const format = await import(`${folder}/format.js`);
export const urls = await import(`${folder}/urls.js`);
export const { formatRunState, parseRoute, parseRunState } = urls;
export const comparison = await import(`${folder}/comparison.js`);
export const { RunsModel, toggleMark } = await import(`${folder}/runs_model.js`);
export const { briefError, briefPayload } = await import(`${folder}/briefs.js`);
export const { addHues } = await import(`${folder}/hues.js`);
export const { formatJson, parseJson } = await import(`${folder}/json.js`);
export const { nextWait } = await import(`${folder}/live.js`);
export const { childField, childPointer, fieldTree, isConversation, isRedacted, looksLikeCode, valueAt } = await import(
  `${folder}/fields.js`
);

/** A span; times in milliseconds. */
export function span(
  seq,
  parent,
  { start = seq, duration = 1, type = "t", status = "complete", summary = "", wrong = 0 } = {},
) {
  return [seq, `id-${seq}`, parent, type, status, start, duration, summary, wrong];
}

/** What a person chose, of which only a part matters here. */
export function chosen(state) {
  return { ...parseRunState(""), ...state };
}
