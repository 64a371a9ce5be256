// The REST calls of the pages, signed when somebody is signed in.

import { auth } from "./auth.js";
import { sendJson } from "./http.js";

/** One call of the API, as whoever is signed in: its JSON. Throws ApiError. */
export async function call(method, path, body, headers) {
  const token = await auth.token();
  try {
    return await sendJson(method, path, { body, token, headers });
  } catch (error) {
    if (error.status !== 401 || token === null) throw error;
    await auth.refresh();
    return sendJson(method, path, { body, token: await auth.token(), headers });
  }
}

/**
 * The path of an address of ours. The server names itself by its public URL; a page that was
 * opened under another name of it (localhost, say) may fetch from its own origin only.
 */
function sameOrigin(address) {
  const { pathname, search } = new URL(address, location.href);
  return pathname + search;
}

const streamPath = (id) => `/streams/${encodeURIComponent(id)}`;
const productPath = (id) => `/products/${encodeURIComponent(id)}`;
const orderPath = (id) => `/orders/${encodeURIComponent(id)}`;

const PAGE_LIMIT = 20;

/** One page of a list: {items, next_cursor}. */
function list(path, cursor, filter = {}) {
  const query = new URLSearchParams({ ...filter, limit: PAGE_LIMIT });
  if (cursor) query.set("cursor", cursor);
  return call("GET", `${path}?${query}`);
}

export const api = {
  /** [{id, title, owner: {id, name}, status, viewers, started_at, ended_at}], first page. */
  liveStreams: async () => (await call("GET", "/streams?live=true&limit=60")).items,
  restingStreams: async () => (await call("GET", "/streams?live=false&limit=24")).items,
  ownStreams: async () => (await call("GET", "/streams?mine=true&limit=100")).items,
  stream: (id) => call("GET", streamPath(id)),
  /** How the show arrives, with a series of the last 5 minutes: for the stream's owner. */
  streamHealth: (id) => call("GET", `${streamPath(id)}/health`),
  createStream: (title, description, access) =>
    call("POST", "/streams", { title, description: description || undefined, access }),
  editStream: (id, changes) => call("PATCH", streamPath(id), changes),
  stopStream: (id) => call("POST", `${streamPath(id)}/stop`, {}),
  rotateKey: (id) => call("POST", `${streamPath(id)}/key`, {}),
  /** Where to play a stream from; asked anew for each try, as each is a session of its own. */
  playbackUrl: async (id) => sameOrigin((await call("GET", `${streamPath(id)}/playback`)).hls_url),

  /** The tickets of a stream; each is `owned` where the caller has it. */
  tickets: async (streamId) => (await list("/products", null, { stream_id: streamId })).items,
  ownProducts: (cursor) => list("/products", cursor, { seller: "me" }),
  createProduct: (product) => call("POST", "/products", product),
  editProduct: (id, changes) => call("PATCH", productPath(id), changes),
  /** Cancel the show and refund everyone; {product, cancel} tells how far that is. */
  cancelProduct: (id) => call("POST", `${productPath(id)}/cancel`, {}),
  cancelProgress: (id) => call("GET", `${productPath(id)}/cancel`),

  /** The same key makes the same order, however often it is sent. */
  createOrder: (productId, key) =>
    call("POST", "/orders", { items: [{ product_id: productId }] }, { "Idempotency-Key": key }),
  order: (id) => call("GET", orderPath(id)),
  /** `role`: "buyer" for what I bought, "seller" for what I sold. */
  orders: (role, cursor) => list("/orders", cursor, { role }),
  refundOrder: (id, request) =>
    call("POST", `/marketplace${orderPath(id)}/refund`, request),

  balances: async () => (await call("GET", "/sellers/me/balance")).balances,
  ledger: (cursor) => list("/sellers/me/ledger", cursor),
  transfers: (cursor) => list("/sellers/me/transfers", cursor),
  payoutAccount: async () => (await call("GET", "/sellers/me/payout-account")).account,
  setPayoutAccount: (account) => call("PUT", "/sellers/me/payout-account", { account }),
};
