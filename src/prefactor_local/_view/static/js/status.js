// The status of a run or span: a sign and a word, for colours alone tell some people nothing.

/** @import { Status } from "./shapes.js" */
import { element } from "./dom.js";

/** @type {{ [status in Status]: string }} */
const SIGNS = { pending: "○", active: "●", complete: "✓", failed: "✕", cancelled: "⊘", terminated: "■" };
/** @type {{ [status in Status]: string }} */
const WORDS = {
  pending: "pending",
  active: "running",
  complete: "complete",
  failed: "failed",
  cancelled: "cancelled",
  terminated: "terminated",
};

/** @param {Status} status */
export function statusWord(status) {
  return WORDS[status] ?? String(status);
}

/** @param {Status} status */
export function statusSign(status) {
  return SIGNS[status] ?? "?";
}

/** @param {Status} status */
export function statusMark(status) {
  const sign = element("span", { "aria-hidden": "true" }, statusSign(status));
  return element("span", { class: `status ${SIGNS[status] ? status : ""}` }, sign, ` ${statusWord(status)}`);
}

/**
 * A list of all statuses to choose from.
 * @param {...[value: string, label: string]} more What else can be chosen.
 */
export function statusSelect(...more) {
  const options = [["", "Any status"], ...Object.entries(WORDS), ...more];
  return element(
    "select",
    { "aria-label": "Status" },
    ...options.map(([value, label]) => element("option", { value }, label)),
  );
}
