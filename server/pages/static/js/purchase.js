// Buying one product: however often somebody tries, at most one order is made and paid. No DOM.

import { canPay } from "./order.js";

const KEY_PREFIX = "bandstand.purchase.";

/**
 * The idempotency keys of purchases that were begun, one per buyer and product. They outlive the
 * page: who comes back from an unfinished payment, in whichever tab, goes on with the same order.
 */
export class Attempts {
  #storage;
  #newKey;
  #memory = new Map();

  constructor(storage, newKey = randomKey) {
    this.#storage = storage;
    this.#newKey = newKey;
  }

  key(userId, productId) {
    const name = KEY_PREFIX + userId + productId;
    const key = this.#memory.get(name) ?? this.#read(name) ?? this.#newKey();
    this.#memory.set(name, key);
    this.#write((storage) => storage.setItem(name, key));
    return key;
  }

  /** The attempt came to its end: the next one is a new order. */
  forget(userId, productId) {
    const name = KEY_PREFIX + userId + productId;
    this.#memory.delete(name);
    this.#write((storage) => storage.removeItem(name));
  }

  #read(name) {
    try {
      return this.#storage().getItem(name);
    } catch {
      return null; // storage is denied: the key holds for this page alone
    }
  }

  #write(work) {
    try {
      work(this.#storage());
    } catch {
      // storage is denied, see above
    }
  }
}

/** 128 random bits; `randomUUID` would want a secure context, which plain http on a LAN is not. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Make the order of a product, or find the one that an earlier try has made, and return it: it
 * can be paid, or is paid. `createOrder(productId, key)` asks the server; throws what it throws.
 */
export async function startPurchase(userId, productId, attempts, createOrder) {
  const attempt = () => createOrder(productId, attempts.key(userId, productId));
  try {
    const order = await attempt();
    if (canPay(order) || order.status === "completed") return order;
  } catch (error) {
    if (error.code !== "idempotency_key_reused") throw error;
  }
  attempts.forget(userId, productId); // that order has had its time: refunded, expired
  return attempt();
}
