// What to do first, where nothing is recorded yet.

/** @import { Child } from "./dom.js" */
import { element } from "./dom.js";

/**
 * @param {string} server The address of the server.
 * @returns {Child[]}
 */
export function noRunsYet(server) {
  const code = (/** @type {string} */ text) => element("code", {}, text);
  const paste =
    "Paste the line that prefactor-local serve has printed. It sets two variables; the token is only there:";
  const line = `export PREFACTOR_API_URL=${server} PREFACTOR_API_TOKEN=…`;
  const variables = [code("PREFACTOR_API_URL"), " and ", code("PREFACTOR_API_TOKEN"), "."];
  const where = "In the terminal where you start the agent:";
  return [
    element("h2", {}, "No runs yet"),
    element("p", {}, `Runs appear here as soon as an agent sends them to this server. ${where}`),
    element(
      "ol",
      {},
      element("li", {}, paste, element("pre", { class: "text code" }, line)),
      element("li", {}, "Start the agent. Its client reads ", ...variables),
    ),
    element(
      "p",
      { class: "muted" },
      "No agent at hand? ",
      code("prefactor-gen demo"),
      " records a run and says how to open it.",
    ),
  ];
}
