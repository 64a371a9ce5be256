// The tickets on offer before the curtain of a show, and the way from one of them to the payment.

import { askToSignIn } from "./account.js";
import { api } from "./api.js";
import { auth } from "./auth.js";
import { cloneOf, part, setOptional, setText, showList, toast } from "./dom.js";
import { moment } from "./format.js";
import { money } from "./money.js";
import { problemText } from "./problem.js";
import { Attempts, startPurchase } from "./purchase.js";
import { refundLine, stateLine, stockLine } from "./ticket.js";

const attempts = new Attempts(() => localStorage);

/** Emits "change" when buying has told that the offers are not what is shown any more. */
export class Offers extends EventTarget {
  #list;
  #buying = false;

  constructor(list) {
    super();
    this.#list = list;
    // Coming back from the payment page by the back button shows this page as it was left.
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.#setBuying(false));
  }

  /** Show these products. */
  show(products) {
    showList(this.#list, products, () => this.#ticket(), updateTicket);
    this.#list.hidden = products.length === 0;
    this.#setBuying(this.#buying);
  }

  #ticket() {
    const row = cloneOf("ticket");
    part(row, "buy").addEventListener("click", () => this.#buy(row.dataset.id));
    return row;
  }

  async #buy(productId) {
    if (this.#buying) return;
    if (!auth.user && !(await askToSignIn("Sign in to buy your ticket"))) return;
    this.#setBuying(true);
    try {
      const order = await startPurchase(auth.user.id, productId, attempts, api.createOrder);
      location.assign(order.status === "completed" ? `/orders?order=${order.id}` : order.payment.pay_url);
    } catch (error) {
      toast(problemText(error));
      this.#setBuying(false);
      this.dispatchEvent(new Event("change"));
    }
  }

  #setBuying(yes) {
    this.#buying = yes;
    for (const button of this.#list.querySelectorAll("[data-buy]")) {
      button.disabled = yes;
      setText(button.lastElementChild, yes ? "One moment…" : "Buy ticket");
    }
  }
}

function updateTicket(row, product) {
  const state = stateLine(product);
  setText(part(row, "ticket-title"), product.title);
  setText(part(row, "price"), money(product.price.amount, product.price.currency));
  setOptional(part(row, "starts"), product.starts_at ? moment(product.starts_at) : "");
  setOptional(part(row, "stock"), state === "" ? stockLine(product) : "");
  setOptional(part(row, "refundable"), state === "" ? refundLine(product) : "");
  setOptional(part(row, "state"), state);
  part(row, "buy").hidden = state !== "";
}
