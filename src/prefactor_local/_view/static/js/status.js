// The status of a run or span: a sign and the word of the API, for colours alone tell some people nothing.

/** @import { Status } from "./shapes.js" */
import { element } from "./dom.js";

/** @type {{ [status in Status]: string }} */
const SIGNS = { pending: "○", active: "●", complete: "✓", failed: "✕", cancelled: "⊘", terminated: "■" };

/** @param {Status} status */
export function statusSign(status) {
  return SIGNS[status] ?? "?";
}

/** @param {Status} status */
export function statusMark(status) {
  const sign = element("span", { "aria-hidden": "true" }, statusSign(status));
  return element("span", { class: `status ${SIGNS[status] ? status : ""}` }, sign, ` ${status}`);
}

/**
 * A list of all statuses to choose from.
 * @param {...[value: string, label: string]} more What else can be chosen.
 */
export function statusSelect(...more) {
  const options = [["", "Any status"], ...Object.keys(SIGNS).map((status) => [status, status]), ...more];
  return element(
    "select",
    { "aria-label": "Status" },
    ...options.map(([value, label]) => element("option", { value }, label)),
  );
}
