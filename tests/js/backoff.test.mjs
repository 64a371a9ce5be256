// Waits that grow, and start anew when something happens.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../../server/pages/static/js/backoff.js";

test("waits grow up to their bound, and a reset makes them short again", () => {
  const backoff = new Backoff(1000, 5000, 2);
  const waits = Array.from({ length: 5 }, () => backoff.next());
  assert.deepEqual(waits, [1000, 2000, 4000, 5000, 5000]);
  backoff.reset();
  assert.equal(backoff.next(), 1000);
});
