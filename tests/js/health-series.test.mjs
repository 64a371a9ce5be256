// The series of a show's health: what is kept, what is missing, what is said of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  halfMinutes,
  HealthSeries,
  stretches,
  summary,
} from "../../server/pages/static/js/health-series.js";

const START_MS = Date.UTC(2026, 0, 1, 12);
const point = (second, values = {}) => ({
  at: new Date(START_MS + second * 1000).toISOString(),
  kbps: 2500,
  fps: 25,
  av_skew_ms: 4,
  read_lag_ms: 0,
  viewers: 3,
  ...values,
});
const seconds = (series) => series.points.map(({ at }) => (at - START_MS) / 1000);

function seriesOf(...points) {
  const series = new HealthSeries();
  series.replace(points);
  return series;
}

test("a point follows the last one, and one that is there already changes nothing", () => {
  const series = seriesOf(point(0), point(1));
  assert.equal(series.add(point(2)), true);
  assert.equal(series.add(point(2, { kbps: 1 })), true);
  assert.equal(series.add(point(1, { kbps: 1 })), true);
  assert.deepEqual(seconds(series), [0, 1, 2]);
  assert.deepEqual(series.points.map(({ kbps }) => kbps), [2500, 2500, 2500]);
});

test("a clock that is a little late leaves nothing out, and a lost push does", () => {
  const series = seriesOf(point(0));
  assert.equal(series.add(point(1.4)), true);
  assert.equal(series.add(point(4.4)), false);
  assert.equal(new HealthSeries().add(point(0)), false, "there may have been others before");
});

test("what is older than five minutes is forgotten", () => {
  const series = seriesOf(...Array.from({ length: 320 }, (_, second) => point(second)));
  assert.deepEqual([seconds(series)[0], series.points.length], [20, 300]);
  series.add(point(320));
  assert.deepEqual([seconds(series)[0], series.points.length], [21, 300]);
  series.replace([]);
  assert.deepEqual(series.points, []);
});

test("another show begins another stretch", () => {
  const { points } = seriesOf(point(0), point(1), point(60), point(61), point(62));
  assert.deepEqual(stretches(points).map((stretch) => stretch.length), [2, 3]);
  assert.deepEqual(stretches([]), []);
});

test("the range leaves silence out, and counts it", () => {
  const { points } = seriesOf(point(0, { kbps: 2000 }), point(1, { kbps: 0 }), point(2, { kbps: 3000 }));
  assert.deepEqual(summary(points, "kbps"), { low: 2000, high: 3000, silentS: 1 });
  const { points: sound } = seriesOf(point(0, { fps: null }), point(1, { fps: null }));
  assert.deepEqual(summary(sound, "fps"), { low: null, high: null, silentS: 2 });
  assert.deepEqual(summary([], "fps"), { low: null, high: null, silentS: 0 });
});

test("half minutes have the means of what is known, the newest first", () => {
  const { points } = seriesOf(
    point(0, { kbps: 1000 }),
    point(29, { kbps: 2000, av_skew_ms: null }),
    point(30, { kbps: 0, fps: 0, av_skew_ms: null }),
  );
  const [newest, older] = halfMinutes(points);
  assert.deepEqual([older.kbps, older.fps, older.av_skew_ms, older.viewers], [1500, 25, 4, 3]);
  assert.deepEqual([newest.kbps, newest.fps, newest.av_skew_ms], [0, 0, null]);
  assert.equal(newest.at - older.at, 30_000);
  assert.deepEqual(halfMinutes([]), []);
});
