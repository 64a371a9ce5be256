// Whether this listener may see the show, found out at a sane rate. No DOM.

/**
 * Each playback that is asked for takes a seat of its ticket, so what `look` was given is played.
 *
 * `state` is "unknown", "open" or "shut" (a ticket is needed). While it is shut, `products` are
 * the stream's tickets, and `lost` tells that this listener had been let in before.
 */
export class Admission {
  state = "unknown";
  lost = false;
  products = [];

  #askPlayback;
  #listProducts;
  #doubted = false;
  #playback = null;
  #visitor = 0;

  /** `askPlayback` resolves to the address of a playback, `listProducts` to the tickets. */
  constructor({ askPlayback, listProducts }) {
    this.#askPlayback = askPlayback;
    this.#listProducts = listProducts;
  }

  /** Somebody else is here now. */
  reset() {
    this.#visitor += 1;
    this.state = "unknown";
    this.lost = false;
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
    if (stream.access !== "ticket") {
      this.state = "open";
      this.lost = false;
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
    this.#take(answer);
  }

  #take({ playback, error }) {
    if (error === undefined) {
      this.state = "open";
      this.lost = false;
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
