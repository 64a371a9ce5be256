// How long to wait before asking again: longer each time nothing has changed.

export class Backoff {
  #firstMs;
  #maxMs;
  #factor;
  #ms;

  constructor(firstMs, maxMs, factor = 1.5) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#factor = factor;
    this.#ms = firstMs;
  }

  /** The next wait, in milliseconds. */
  next() {
    const ms = this.#ms;
    this.#ms = Math.min(this.#maxMs, ms * this.#factor);
    return ms;
  }

  /** Something happened, so that more may follow soon. */
  reset() {
    this.#ms = this.#firstMs;
  }
}
