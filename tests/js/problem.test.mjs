// Errors in words: ours where we have some, the server's otherwise.

import assert from "node:assert/strict";
import { test } from "node:test";

import { problemText } from "../../server/pages/static/js/problem.js";

test("a known code has words of its own, another one the server's sentence", () => {
  assert.match(problemText({ code: "sold_out", message: "x" }), /last ticket/);
  assert.equal(problemText({ code: "odd", message: "title: too long" }), "Title: too long");
  assert.equal(problemText({ code: "odd", message: "" }), "That failed.");
});
