// Whether this listener may see the show, found out at a sane rate. No DOM.

/**
 * Each playback that is asked for takes a seat of its ticket, so what `look` was given is played.
 *
 * `state` is "unknown", "open" or "shut" (a ticket is needed). While it is shut, `products` are
 * the stream's tickets, `lost` tells that this listener had been let in with one before, and
 * `refunded` that it was given back.
 */
export class Admission {
  state = "unknown";
  lost = false;
  refunded = false;
  products = [];

  #askPlayback;
  #listProducts;
  #askRefunded;
  #ticketed = false;
  #doubted = false;
  #playback = null;
  #visitor = 0;

  /**
   * `askPlayback` resolves to the address of a playback, `listProducts` to the tickets,
   * `askRefunded` to whether the listener's last ticket was given back.
   */
  constructor({ askPlayback, listProducts, askRefunded }) {
    this.#askPlayback = askPlayback;
    this.#listProducts = listProducts;
    this.#askRefunded = askRefunded;
  }

  /** Somebody else is here now. */
  reset() {
    this.#visitor += 1;
    this.#begin();
  }

  #begin() {
    this.state = "unknown";
    this.lost = false;
    this.refunded = false;
    this.#doubted = false;
    this.#playback = null;
  }

  /** Where to play from. */
  async playback() {
    const playback = this.#playback ?? (await this.#askPlayback());
    this.#playback = null;
    return playback;
  }

  /** Something says that we are not let in any more: the next `look` asks the server. */
  doubt() {
    this.#doubted = true;
  }

  /** Find out how things are for a stream as the API shows it; throws what asking throws. */
  async look(stream) {
    const isTicketed = stream.access === "ticket";
    if (isTicketed !== this.#ticketed) this.#begin(); // nobody had a ticket for what was public
    this.#ticketed = isTicketed;
    if (!isTicketed) {
      this.state = "open";
      return;
    }
    if (this.state === "open" && !this.#doubted) return;
    if (this.state !== "shut" || this.#doubted) await this.#ask();
    if (this.state !== "shut") return;
    this.products = await this.#listProducts();
    if (this.products.some((product) => product.owned)) await this.#ask();
  }

  async #ask() {
    const visitor = this.#visitor;
    this.#doubted = false;
    this.#playback = null;
    const answer = await this.#askPlayback().then(
      (playback) => ({ playback }),
      (error) => ({ error }),
    );
    if (visitor !== this.#visitor) return; // it was for somebody who is not here any more
    const wasLost = this.lost;
    this.#take(answer);
    if (this.lost && !wasLost) await this.#findOutWhy(visitor);
  }

  /** Without an answer we say no more than that the ticket is lost: the curtain falls at once. */
  async #findOutWhy(visitor) {
    const refunded = await this.#askRefunded().catch(() => false);
    if (visitor === this.#visitor) this.refunded = refunded;
  }

  #take({ playback, error }) {
    if (error === undefined) {
      this.state = "open";
      this.lost = false;
      this.refunded = false;
      this.#playback = playback;
    } else if (error.code === "licence_required") {
      this.lost ||= this.state === "open";
      this.state = "shut";
    } else {
      this.#doubted = true;
      throw error;
    }
  }
}
