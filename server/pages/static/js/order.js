// What is to be said about an order, and what can be done with it. Pure functions, no DOM.

import { day } from "./format.js";
import { money } from "./money.js";

const PAYABLE_PAYMENTS = new Set(["new", "open", "failed"]);
const REFUNDABLE = new Set(["completed", "partially_refunded"]);

const sum = (refunds) => refunds.reduce((total, { amount }) => total + amount, 0);
const refundsIn = (order, status) => order.refunds.filter((refund) => refund.status === status);

/** What has come back for sure. */
export function refundedAmount(order) {
  return sum(refundsIn(order, "succeeded"));
}

/** What can still be asked back. */
export function refundableAmount(order) {
  return order.amount - refundedAmount(order) - sum(refundsIn(order, "pending"));
}

/** Whether the order waits for a payment that can still be made. */
export function canPay(order) {
  return (
    ["created", "payment_failed"].includes(order.status) &&
    PAYABLE_PAYMENTS.has(order.payment.status) &&
    Boolean(order.payment.pay_url)
  );
}

/** Whether a refund can be asked for now. */
export function canRefund(order, now = Date.now()) {
  return (
    REFUNDABLE.has(order.status) &&
    !order.disputed &&
    refundableAmount(order) > 0 &&
    (order.refundable_until === null || now < Date.parse(order.refundable_until))
  );
}

/**
 * Whether the last ticket to this stream was given back, going by its buyer's orders, the newest
 * first. A ticket may be lost otherwise, too: by a dispute of its payment.
 */
export function wasRefunded(orders, streamId) {
  const tickets = ({ items }) => items.filter((item) => item.stream_id === streamId);
  const last = orders.find((order) => order.licences.length > 0 && tickets(order).length > 0);
  return last !== undefined && tickets(last).some(({ refunded }) => refunded > 0);
}

/** Whether the order may change by itself, so that it is worth asking about. */
export function isMoving(order) {
  return order.status === "refund_pending" || canPay(order);
}

/** The items of which something can be asked back, each with how much: {…, left}. */
export function refundableItems(order) {
  return order.items
    .map((item) => ({ ...item, left: item.amount - item.refunded }))
    .filter(({ left }) => left > 0);
}

/**
 * The state of an order: {tone: "wait" | "good" | "bad" | "calm", label, text}. `justPaid` is for
 * one who has come back from the payment's page, and knows more than the bank has told us.
 */
export function orderState(order, { justPaid = false } = {}) {
  const say = (tone, label, text = "") => ({ tone, label, text });
  if (justPaid && order.status === "created" && canPay(order)) {
    return say("wait", "Thank you", "Waiting for the bank to confirm your payment…");
  }
  if (justPaid && order.status === "completed" && order.refunds.length === 0) {
    return say("good", "Paid", "Thank you. Your ticket is good from now on.");
  }
  const state = STATES[order.status];
  return state ? state(order, say) : say("calm", order.status.replaceAll("_", " "));
}

const STATES = {
  created: (order, say) => {
    if (order.payment.status === "quarantined") return say("wait", "In review", REVIEWED);
    if (canPay(order)) return say("wait", "Not paid yet", "This order waits for its payment.");
    return say("calm", "Expired", "It was not paid in time. Nothing was charged.");
  },
  payment_failed: (order, say) =>
    say("bad", "Payment failed", canPay(order) ? "Nothing was charged. You can try again." : "Nothing was charged."),
  completed: (order, say) => {
    const refused = refundsIn(order, "failed").at(-1);
    if (refused === undefined) return say("good", "Paid", paidLine(order));
    return say("bad", "Paid", `The bank refused the refund asked for on ${day(refused.created_at)}.`);
  },
  refund_pending: (order, say) => {
    const amount = money(sum(refundsIn(order, "pending")), order.currency);
    return say("wait", "Refund pending", `Refund of ${amount} pending: the bank has not confirmed yet.`);
  },
  refunded: (order, say) => {
    const last = refundsIn(order, "succeeded").at(-1);
    return say("calm", "Refunded", last ? `Refunded on ${day(last.succeeded_at)}.` : "");
  },
  partially_refunded: (order, say) => {
    const back = money(refundedAmount(order), order.currency);
    return say("calm", "Partly refunded", `Partly refunded: ${back} of ${money(order.amount, order.currency)}.`);
  },
};

const REVIEWED = "The bank's answer does not fit this order. Somebody is looking into it.";

function paidLine(order) {
  return order.paid_at ? `Paid on ${day(order.paid_at)}.` : "";
}
