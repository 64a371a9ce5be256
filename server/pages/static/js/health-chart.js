// One value of the last minutes as a strip: an SVG that stretches, and its text alternative.

import { part, setText } from "./dom.js";
import { SERIES_S, stretches, summary } from "./health-series.js";

/** The strip's own units: one a second across, and this many up. */
const HEIGHT = 100;
const ROUND_STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
/** Above the highest point there is room for the scale's own figure. */
const HEADROOM = 1.35;

/** The end of a scale for values up to `high`: a round number. */
export function scaleTop(high) {
  const wanted = high * HEADROOM;
  if (!(wanted > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return ROUND_STEPS.find((step) => step * power >= wanted) * power;
}

const rounded = (number) => Math.round(number * 10) / 10;

/** {line, area, gaps}: the `d` of three SVG paths, with the newest point at the right edge. */
export function paths(points, key, top) {
  const newest = points.at(-1)?.at ?? 0;
  const x = ({ at }) => rounded(SERIES_S - (newest - at) / 1000);
  const y = (point) => rounded(HEIGHT - ((point[key] ?? 0) / top) * HEIGHT);
  let line = "";
  let area = "";
  for (const stretch of stretches(points)) {
    const corners = stretch.map((point) => `${x(point)} ${y(point)}`).join("L");
    line += `M${corners}`;
    area += `M${x(stretch[0])} ${HEIGHT}L${corners}V${HEIGHT}Z`;
  }
  const gaps = points
    .filter((point) => !(point[key] > 0))
    .map((point) => `M${x(point) - 1} 0h1V${HEIGHT}h-1Z`)
    .join("");
  return { line, area, gaps };
}

export class Strip {
  #root;
  #key;
  #name;
  #inWords;
  #scaleInWords;

  /** `inWords` makes "2.6 Mbit/s" of a value, `scaleInWords` "4 Mbit/s" of the scale's end. */
  constructor(root, { key, name, inWords, scaleInWords = inWords }) {
    this.#root = root;
    this.#key = key;
    this.#name = name;
    this.#inWords = inWords;
    this.#scaleInWords = scaleInWords;
  }

  /** `now` is told as the value of now, in place of the last second's. */
  draw(points, now) {
    const told = { ...summary(points, this.#key), now };
    const top = scaleTop(told.high);
    const { line, area, gaps } = paths(points, this.#key, top);
    part(this.#root, "line").setAttribute("d", line);
    part(this.#root, "area").setAttribute("d", area);
    part(this.#root, "gaps").setAttribute("d", gaps);
    part(this.#root, "plot").setAttribute("aria-label", this.#alternative(told));
    setText(part(this.#root, "top"), told.high === null ? "" : this.#scaleInWords(top));
    setText(part(this.#root, "now"), this.#inWords(told.now));
  }

  #alternative({ now, low, high, silentS }) {
    if (high === null) return `${this.#name} of the last 5 minutes: nothing arrived.`;
    const silence = silentS > 0 ? ` Nothing arrived for ${silentS} s of them.` : "";
    const range = `between ${this.#inWords(low)} and ${this.#inWords(high)}`;
    return `${this.#name} of the last 5 minutes: ${this.#inWords(now)} now, ${range}.${silence}`;
  }
}
