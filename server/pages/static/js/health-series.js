// The last minutes of a show, one point a second, and what can be said of them. No DOM.

export const SERIES_S = 300;
/** Points further apart than this have others missing between them. */
const MAX_STEP_MS = 2_500;

const parsed = (point) => ({ ...point, at: Date.parse(point.at) });

export class HealthSeries {
  /** [{at (Unix ms), kbps, fps, av_skew_ms, read_lag_ms, viewers}], oldest first. */
  points = [];

  /** Take the whole series as the server has it. */
  replace(points) {
    this.points = points.map(parsed);
    this.#forgetOld();
  }

  /** Take the newest point; false when others are missing before it. */
  add(point) {
    const next = parsed(point);
    const last = this.points.at(-1);
    if (last && next.at <= last.at) return true;
    this.points.push(next);
    this.#forgetOld();
    return last !== undefined && next.at - last.at <= MAX_STEP_MS;
  }

  #forgetOld() {
    const oldest = (this.points.at(-1)?.at ?? 0) - SERIES_S * 1000;
    const from = this.points.findIndex(({ at }) => at > oldest);
    if (from > 0) this.points.splice(0, from);
  }
}

/** Stretches without a step too long: [[point, …], …]. */
export function stretches(points) {
  const found = [];
  let last = -Infinity;
  for (const point of points) {
    if (point.at - last > MAX_STEP_MS) found.push([]);
    found.at(-1).push(point);
    last = point.at;
  }
  return found;
}

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** {low, high, silentS} of one value; low and high are null where nothing came. */
export function summary(points, key) {
  const values = points.map((point) => point[key] ?? 0);
  const some = values.filter((value) => value > 0);
  return {
    low: some.length ? Math.min(...some) : null,
    high: some.length ? Math.max(...some) : null,
    silentS: values.length - some.length,
  };
}

const TABLE_STEP_MS = 30_000;

/** The means of each half minute, the newest first: [{id, at, kbps, fps, viewers, av_skew_ms}]. */
export function halfMinutes(points) {
  const groups = new Map();
  for (const point of points) {
    const id = Math.floor(point.at / TABLE_STEP_MS);
    if (!groups.has(id)) groups.set(id, []);
    groups.get(id).push(point);
  }
  const meanOf = (group, key) => {
    const numbers = group.map((point) => point[key]).filter((number) => number != null);
    return numbers.length ? mean(numbers) : null;
  };
  return [...groups]
    .map(([id, group]) => ({
      id: String(id),
      at: id * TABLE_STEP_MS,
      kbps: meanOf(group, "kbps"),
      fps: meanOf(group, "fps"),
      av_skew_ms: meanOf(group, "av_skew_ms"),
      viewers: meanOf(group, "viewers"),
    }))
    .reverse();
}
