// The status of a run or span: a sign and a word, for colours alone tell some people nothing.

/** @import { Status } from "./shapes.js" */
import { element } from "./dom.js";

/** @type {{ [status in Status]: string }} */
const SIGNS = { pending: "○", active: "●", complete: "✓", failed: "✕", cancelled: "⊘", terminated: "■" };
/** @type {{ [status in Status]: string }} */
const WORDS = {
  pending: "pending",
  active: "active",
  complete: "complete",
  failed: "failed",
  cancelled: "cancelled",
  terminated: "terminated",
};

/** @type {Status[]} */
export const STATUSES = ["pending", "active", "complete", "failed", "cancelled", "terminated"];

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
