// What is said about an order in each of its states, and what can be done with it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { money } from "../../server/pages/static/js/money.js";
import {
  canPay,
  canRefund,
  isMoving,
  orderState,
  refundableAmount,
  refundableItems,
  wasRefunded,
} from "../../server/pages/static/js/order.js";

const NOW = Date.parse("2026-05-10T12:00:00Z");

const refund = (status, amount = 2000) => ({
  id: `ref_${status}`,
  status,
  amount,
  reason: "",
  created_at: "2026-05-02T10:00:00Z",
  succeeded_at: status === "succeeded" ? "2026-05-03T10:00:00Z" : null,
});

function order(status, changes = {}) {
  return {
    id: "ord_1",
    status,
    amount: 2000,
    currency: "EUR",
    paid_at: "2026-05-01T12:00:00Z",
    refundable_until: "2026-05-15T12:00:00Z",
    disputed: false,
    items: [{ product_id: "prd_1", title: "A show", amount: 2000, refunded: 0 }],
    payment: { id: "pay_1", status: "succeeded", pay_url: "http://pay.test/1" },
    refunds: [],
    ...changes,
  };
}

const unpaid = (payment, status = "created", url = "http://pay.test/1") =>
  order(status, { paid_at: null, refundable_until: null, payment: { status: payment, pay_url: url } });

test("an order can be paid while its payment can, and not after", () => {
  assert.equal(canPay(unpaid("open")), true);
  assert.equal(canPay(unpaid("failed", "payment_failed")), true);
  assert.equal(canPay(unpaid("new", "created", null)), false);
  assert.equal(canPay(unpaid("cancelled")), false);
  assert.equal(canPay(unpaid("quarantined")), false);
  assert.equal(canPay(order("completed")), false);
});

test("each state has honest words", () => {
  const say = (value) => orderState(value);
  assert.deepEqual(say(unpaid("open")), {
    tone: "wait",
    label: "Not paid yet",
    text: "This order waits for its payment.",
  });
  assert.equal(say(unpaid("cancelled")).label, "Expired");
  assert.equal(say(unpaid("quarantined")).label, "In review");
  assert.match(say(unpaid("failed", "payment_failed")).text, /try again/);
  assert.doesNotMatch(say(unpaid("cancelled", "payment_failed")).text, /try again/);
  assert.match(say(order("completed")).text, /^Paid on .*2026\.$/);
  const pending = say(order("refund_pending", { refunds: [refund("pending")] }));
  assert.equal(pending.tone, "wait");
  assert.match(pending.text, /pending: the bank has not confirmed yet/);
  assert.match(say(order("refunded", { refunds: [refund("succeeded")] })).text, /^Refunded on .*2026/);
  const partly = order("partially_refunded", { refunds: [refund("succeeded", 500)] });
  assert.equal(
    say(partly).text,
    `Partly refunded: ${money(500, "EUR")} of ${money(2000, "EUR")}.`,
  );
  assert.match(say(order("completed", { refunds: [refund("failed")] })).text, /refused the refund/);
});

test("a status that is not known yet is shown as it is called", () => {
  assert.equal(orderState(order("some_new_state")).label, "some new state");
});

test("who has just paid is thanked, until the bank has confirmed and after", () => {
  const options = { justPaid: true };
  assert.match(orderState(unpaid("open"), options).text, /Waiting for the bank/);
  assert.match(orderState(order("completed"), options).text, /ticket is good/);
  const declined = unpaid("failed", "payment_failed");
  assert.equal(orderState(declined, options).label, "Payment failed");
  const refused = order("completed", { refunds: [refund("failed")] });
  assert.match(orderState(refused, options).text, /refused the refund/);
});

test("a refund can be asked for in time, once, and not during a dispute", () => {
  assert.equal(canRefund(order("completed"), NOW), true);
  assert.equal(canRefund(order("completed"), Date.parse("2026-05-15T12:00:00Z")), false);
  assert.equal(canRefund(order("completed", { disputed: true }), NOW), false);
  const partly = order("partially_refunded", { refunds: [refund("succeeded", 500)] });
  assert.equal(canRefund(partly, NOW), true);
  assert.equal(canRefund(order("completed", { refunds: [refund("failed")] }), NOW), true);
  for (const status of ["created", "payment_failed", "refund_pending", "refunded"]) {
    assert.equal(canRefund(order(status), NOW), false, status);
  }
});

test("what can be asked back is what has neither come back nor is under way", () => {
  const refunds = [refund("succeeded", 500), refund("pending", 300), refund("failed", 900)];
  assert.equal(refundableAmount(order("refund_pending", { refunds })), 1200);
  const items = [
    { product_id: "a", amount: 500, refunded: 500 },
    { product_id: "b", amount: 700, refunded: 100 },
    { product_id: "c", amount: 800, refunded: 0 },
  ];
  const left = refundableItems(order("partially_refunded", { items })).map((item) => [
    item.product_id,
    item.left,
  ]);
  assert.deepEqual(left, [
    ["b", 600],
    ["c", 800],
  ]);
});

test("only what may change by itself is asked about again", () => {
  assert.equal(isMoving(unpaid("open")), true);
  assert.equal(isMoving(order("refund_pending")), true);
  assert.equal(isMoving(unpaid("cancelled")), false);
  assert.equal(isMoving(order("completed")), false);
  assert.equal(isMoving(order("refunded")), false);
});

test("a ticket was refunded where the last order that opened the stream says so", () => {
  const bought = (stream_id, refunded, licences = [{ id: "lic_1" }]) =>
    order("completed", { licences, items: [{ product_id: "prd_1", stream_id, amount: 2000, refunded }] });
  assert.equal(wasRefunded([], "str_1"), false);
  assert.equal(wasRefunded([bought("str_1", 2000)], "str_1"), true);
  assert.equal(wasRefunded([bought("str_1", 0)], "str_1"), false, "charged back, say");
  assert.equal(wasRefunded([bought("str_1", 0), bought("str_1", 2000)], "str_1"), false, "bought again");
  assert.equal(wasRefunded([bought("str_1", 0, []), bought("str_1", 2000)], "str_1"), true, "not paid");
  assert.equal(wasRefunded([bought("str_2", 2000)], "str_1"), false);
});
