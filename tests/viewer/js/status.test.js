import assert from "node:assert/strict";
import { test } from "node:test";
import { statusWord } from "./modules.js";

test("the pages call a status as the API, the commands and the guide do", () => {
  const statuses = ["pending", "active", "complete", "failed", "cancelled", "terminated"];
  assert.deepEqual(statuses.map(statusWord), statuses);
});
