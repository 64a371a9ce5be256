// One order as a card, for its buyer or for its seller.

import { cloneOf, part, setOptional, setText, showList } from "./dom.js";
import { day, moment } from "./format.js";
import { money } from "./money.js";
import { canPay, canRefund, orderState } from "./order.js";

const REFUND_WORDS = {
  pending: "the bank has not confirmed yet",
  failed: "refused by the bank",
  reversed: "taken back by the bank",
};

/** A new card; `refund(id)` is called when its refund button is pressed. */
export function orderCard(refund) {
  const card = cloneOf("order-card");
  part(card, "refund").addEventListener("click", () => refund(card.dataset.id));
  return card;
}

/** Show an order in its card to "buyer" or "seller"; `justPaid` to one who comes from paying. */
export function updateOrderCard(card, order, { role, justPaid = false }) {
  const { tone, label, text } = orderState(order, { justPaid });
  const isBuyer = role === "buyer";
  setText(part(card, "title"), order.items.map(({ title }) => title).join(", "));
  setText(part(card, "amount"), money(order.amount, order.currency));
  const state = part(card, "state");
  state.dataset.tone = tone;
  setText(state, label);
  setOptional(part(card, "text"), text);
  const whom = isBuyer ? `from ${order.seller.name}` : `to ${order.buyer.name}`;
  setText(part(card, "line"), `${moment(order.created_at)} ${whom}`);
  setOptional(part(card, "dispute"), order.disputed ? DISPUTED : "");
  showItems(card, order);
  showRefunds(card, order);
  showActions(card, order, isBuyer, justPaid);
}

const DISPUTED =
  "The bank has opened a dispute about this payment. While it lasts, nothing can be refunded here.";

function listItem() {
  return document.createElement("li");
}

function showItems(card, order) {
  const list = part(card, "items");
  list.hidden = order.items.length < 2;
  const items = order.items.map((item) => ({ ...item, id: item.product_id }));
  showList(list, list.hidden ? [] : items, listItem, (row, item) => {
    const back = item.refunded ? `, ${money(item.refunded, order.currency)} of it refunded` : "";
    setText(row, `${item.title}: ${money(item.amount, order.currency)}${back}`);
  });
}

function showRefunds(card, order) {
  const list = part(card, "refunds");
  // One refund that the state above speaks of already needs no line of its own.
  list.hidden = order.refunds.length < 2;
  showList(list, list.hidden ? [] : order.refunds, listItem, (row, refund) => {
    const words = REFUND_WORDS[refund.status] ?? `paid back on ${day(refund.succeeded_at)}`;
    setText(row, `Refund of ${money(refund.amount, order.currency)}: ${words}`);
  });
}

function showActions(card, order, isBuyer, justPaid) {
  const pay = part(card, "pay");
  pay.hidden = !isBuyer || !canPay(order);
  if (!pay.hidden) pay.href = order.payment.pay_url;
  const isWaiting = justPaid && order.status === "created";
  setText(pay, isWaiting ? "Back to the payment" : order.status === "created" ? "Pay now" : "Try again");
  pay.className = isWaiting ? "button quiet" : "button primary";
  const show = part(card, "show");
  const stream = order.items.find((item) => item.stream_id)?.stream_id;
  show.hidden = !stream;
  if (stream) show.href = `/s/${stream}`;
  show.className = justPaid && order.status === "completed" ? "button primary" : "button quiet";
  const refundable = canRefund(order);
  part(card, "refund").hidden = !refundable;
  setText(part(card, "refund"), isBuyer ? "Ask for a refund" : "Refund");
  const until = refundable && order.refundable_until ? day(order.refundable_until) : "";
  setOptional(part(card, "until"), until ? `Refundable until ${until}` : "");
}
