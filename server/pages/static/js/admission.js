// Whether this listener may see the show, found out at a sane rate. No DOM.

/**
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

  /** `askPlayback` resolves when there is a playback for us, `listProducts` to the tickets. */
  constructor({ askPlayback, listProducts }) {
    this.#askPlayback = askPlayback;
    this.#listProducts = listProducts;
  }

  /** Somebody else is here now. */
  reset() {
    this.state = "unknown";
    this.lost = false;
    this.#doubted = false;
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
    if (this.state === "open") return;
    this.products = await this.#listProducts();
    if (this.products.some((product) => product.owned)) await this.#ask();
  }

  async #ask() {
    this.#doubted = false;
    try {
      await this.#askPlayback();
    } catch (error) {
      if (error.code !== "licence_required") {
        this.#doubted = true;
        throw error;
      }
      this.lost ||= this.state === "open";
      this.state = "shut";
      return;
    }
    this.state = "open";
    this.lost = false;
  }
}
