// What a run is called: its agent, and the version, which is seen however long the name is.

import { element } from "./dom.js";
import { runName } from "./format.js";

/** @param {{ agent_name: string, version: string }} run */
export function runNameElement(run) {
  return element(
    "span",
    { class: "run-name", title: runName(run) },
    element("bdi", { class: "agent-name" }, run.agent_name),
    " ",
    element("bdi", { class: "version" }, run.version),
  );
}
