// My own products: what was sold of each, and what can be done with it.

import { api } from "./api.js";
import { openCancelDialog } from "./cancel-dialog.js";
import { cloneOf, part, setOptional, setText, toast } from "./dom.js";
import { moment } from "./format.js";
import { money } from "./money.js";
import { Pager } from "./pager.js";
import { problemText } from "./problem.js";
import { openProductDialog } from "./product-dialog.js";
import { seatsLine, sellerState } from "./ticket.js";

/** Shows products within an element, with a button that makes a new one. */
export class ProductList {
  #root;
  #pager;
  #ownStreams;
  #streamId;
  #titles = new Map();
  #busy = false;

  /** `load(cursor)` gives a page of products; `ownStreams()` my streams; `streamId` the only one. */
  constructor(root, { load, ownStreams, streamId }) {
    this.#root = root;
    this.#ownStreams = ownStreams;
    this.#streamId = streamId;
    this.#pager = new Pager(root, {
      load,
      make: () => this.#row(),
      update: (row, product) => this.#update(row, product),
    });
    part(root, "sell").addEventListener("click", () => this.sell());
  }

  /** Fetch them anew. */
  async refresh() {
    if (!this.#streamId) {
      const streams = await this.#ownStreams().catch(() => []);
      this.#titles = new Map(streams.map(({ id, title }) => [id, title]));
    }
    await this.#pager.refresh();
  }

  clear() {
    this.#pager.clear();
  }

  /** Ask for a new ticket's particulars, and put it on sale. */
  sell() {
    return this.#once(async () => {
      const streams = await this.#ownStreams();
      if (streams.length === 0) {
        toast("A ticket is for a stream: make one in the studio first.");
        return;
      }
      const product = await openProductDialog({ streams, streamId: this.#streamId });
      if (product === null) return;
      this.#pager.put(product);
      toast("The ticket is on sale.");
    });
  }

  /** Do this unless something is being done already: a button may be pressed twice. */
  async #once(work) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await work();
    } catch (error) {
      toast(problemText(error));
    } finally {
      this.#busy = false;
    }
  }

  #row() {
    const row = cloneOf("product-row");
    const on = (name, work) =>
      part(row, name).addEventListener("click", () =>
        this.#once(() => work(this.#pager.items.find(({ id }) => id === row.dataset.id))),
      );
    on("edit", (product) => this.#edit(product));
    on("switch", (product) => this.#switch(product));
    on("cancel-show", (product) => this.#cancel(product));
    return row;
  }

  async #edit(product) {
    const saved = await openProductDialog({ product });
    if (saved !== null) this.#pager.put(saved);
  }

  async #switch(product) {
    const status = product.status === "on_sale" ? "withdrawn" : "on_sale";
    this.#pager.put(await api.editProduct(product.id, { status }));
  }

  async #cancel(product) {
    await openCancelDialog(product);
    await this.#pager.refresh();
  }

  #update(row, product) {
    const cancelled = product.status === "cancelled";
    setText(part(row, "title"), product.title);
    const { tone, label } = sellerState(product);
    const state = part(row, "state");
    state.dataset.tone = tone;
    setText(state, label);
    setText(part(row, "price"), money(product.price.amount, product.price.currency));
    setText(part(row, "sold"), seatsLine(product));
    const link = part(row, "stream");
    const title = this.#titles.get(product.stream_id);
    setOptional(link, title);
    if (title) link.href = `/studio/${product.stream_id}`;
    setOptional(part(row, "starts"), product.starts_at ? moment(product.starts_at) : "");
    part(row, "edit").hidden = cancelled;
    part(row, "switch").hidden = cancelled;
    setText(part(row, "switch"), product.status === "on_sale" ? "Take off sale" : "Put on sale");
    setText(part(row, "cancel-show"), cancelled ? "Refunds…" : "Cancel the show…");
    part(row, "cancel-show").hidden = product.kind !== "ticket";
  }
}
