// The strips of a show's health: their scale, and the paths that are drawn.

import assert from "node:assert/strict";
import { test } from "node:test";

import { paths, scaleTop } from "../../server/pages/static/js/health-chart.js";

for (const [high, top] of [
  [null, 1],
  [0, 1],
  [25, 40],
  [30, 50],
  [60, 100],
  [128, 200],
  [2200, 3000],
  [2230, 4000],
  [9000, 15000],
]) {
  test(`a scale for up to ${high} ends at ${top}`, () => assert.equal(scaleTop(high), top));
}

const points = (...values) => values.map(([at, kbps]) => ({ at: at * 1000, kbps }));

test("the newest point is at the right edge, a second is one unit, up is the value", () => {
  const { line, area, gaps } = paths(points([10, 50], [11, 100], [12, 25]), "kbps", 100);
  assert.equal(line, "M298 50L299 0L300 75");
  assert.equal(area, "M298 100L298 50L299 0L300 75V100Z");
  assert.equal(gaps, "");
});

test("seconds without a value are marked, and points that are missing break the line", () => {
  const { line, gaps } = paths(points([10, 50], [11, 0], [30, 50]), "kbps", 100);
  assert.equal(line, "M280 50L281 100M300 50");
  assert.equal(gaps, "M280 0h1V100h-1Z");
});

test("nothing is drawn of nothing", () => {
  assert.deepEqual(paths([], "kbps", 1), { line: "", area: "", gaps: "" });
});
