// However a purchase is repeated, it goes on with the order that it has begun.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Attempts, startPurchase } from "../../server/pages/static/js/purchase.js";

function fakeStorage() {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
  };
}

function numbered() {
  let last = 0;
  return () => `key-${++last}`;
}

const OPEN = { id: "ord_1", status: "created", payment: { status: "open", pay_url: "http://pay" } };
const DONE = { id: "ord_1", status: "completed", payment: { status: "succeeded", pay_url: null } };
const REFUNDED = { ...DONE, status: "refunded" };
const EXPIRED = { ...OPEN, payment: { status: "cancelled", pay_url: "http://pay" } };

/** A server that answers in this order; `keys` are those it was asked with. */
function server(...answers) {
  const keys = [];
  const createOrder = async (_productId, key) => {
    keys.push(key);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { keys, createOrder };
}

const failure = (code) => Object.assign(new Error(code), { code });

test("a try that failed goes on under its key, also after the page was left", async () => {
  const storage = fakeStorage();
  const { keys, createOrder } = server(failure("unreachable"), OPEN, OPEN);
  const attempts = new Attempts(() => storage, numbered());
  await assert.rejects(startPurchase("usr", "prd", attempts, createOrder), { code: "unreachable" });
  assert.equal(await startPurchase("usr", "prd", attempts, createOrder), OPEN);
  const later = new Attempts(() => storage, () => "another");
  assert.equal(await startPurchase("usr", "prd", later, createOrder), OPEN);
  assert.deepEqual(keys, ["key-1", "key-1", "key-1"]);
});

test("each buyer and each product has a key of its own", () => {
  const storage = fakeStorage();
  const attempts = new Attempts(() => storage, numbered());
  const keys = [
    ["usr_1", "prd_1"],
    ["usr_1", "prd_2"],
    ["usr_2", "prd_1"],
    ["usr_1", "prd_1"],
  ].map(([user, product]) => attempts.key(user, product));
  assert.deepEqual(keys, ["key-1", "key-2", "key-3", "key-1"]);
});

test("an order that is paid already is not bought again", async () => {
  const { keys, createOrder } = server(DONE);
  const attempts = new Attempts(fakeStorage, numbered());
  assert.equal(await startPurchase("usr", "prd", attempts, createOrder), DONE);
  assert.equal(keys.length, 1);
});

test("an order that has had its time makes room for a new one", async () => {
  for (const past of [REFUNDED, EXPIRED, failure("idempotency_key_reused")]) {
    const storage = fakeStorage();
    const { keys, createOrder } = server(past, OPEN);
    const attempts = new Attempts(() => storage, numbered());
    assert.equal(await startPurchase("usr", "prd", attempts, createOrder), OPEN);
    assert.deepEqual(keys, ["key-1", "key-2"]);
  }
});

test("a refusal is told, and not tried again", async () => {
  const { keys, createOrder } = server(failure("sold_out"));
  const attempts = new Attempts(fakeStorage, numbered());
  await assert.rejects(startPurchase("usr", "prd", attempts, createOrder), { code: "sold_out" });
  assert.equal(keys.length, 1);
});

test("where storage is denied, the key holds for the page", () => {
  const denied = () => {
    throw new Error("denied");
  };
  const attempts = new Attempts(denied, numbered());
  assert.equal(attempts.key("usr", "prd"), "key-1");
  assert.equal(attempts.key("usr", "prd"), "key-1");
  attempts.forget("usr", "prd");
  assert.equal(attempts.key("usr", "prd"), "key-2");
});

test("keys are long, random, and need no secure context", () => {
  const key = new Attempts(fakeStorage).key("usr", "prd");
  assert.match(key, /^[0-9a-f]{32}$/);
  assert.notEqual(key, new Attempts(fakeStorage).key("usr", "prd"));
});
