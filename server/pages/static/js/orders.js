// What I bought: each order with its state, which follows by itself, and the way to a refund.

import { mountAccountForm } from "./account.js";
import { api } from "./api.js";
import { auth } from "./auth.js";
import { Backoff } from "./backoff.js";
import { part, repeat, toast } from "./dom.js";
import { isMoving } from "./order.js";
import { orderCard, updateOrderCard } from "./order-card.js";
import { Pager } from "./pager.js";
import { askForRefund } from "./refund-dialog.js";

const POLL_FIRST_MS = 1_000;
const POLL_MAX_MS = 30_000;
const POLL_AT_REST_MS = 60_000;
const MAX_FOLLOWED_ORDERS = 5;

const page = document.getElementById("main");
const query = new URLSearchParams(location.search);
const paidOrder = query.get("order");
/** The payment's page tells how it went: good enough for words, and for nothing else. */
const wasDeclined = query.get("status") === "failed";
const backoff = new Backoff(POLL_FIRST_MS, POLL_MAX_MS);
let shown = false;

const pager = new Pager(part(page, "orders"), {
  load: (cursor) => api.orders("buyer", cursor),
  make: () => orderCard(refund),
  update: (card, order) => {
    const isIt = order.id === paidOrder;
    card.classList.toggle("highlight", isIt);
    updateOrderCard(card, order, { role: "buyer", justPaid: isIt && !wasDeclined });
  },
});

const find = (id) => pager.items.find((order) => order.id === id);
const moving = () => (pager.items ?? []).filter(isMoving).slice(0, MAX_FOLLOWED_ORDERS);

async function refund(id) {
  if (!(await askForRefund(find(id), "buyer"))) return;
  toast("Your refund is under way.");
  await follow(id);
  backoff.reset();
  refreshNow();
}

/** Fetch one order anew, and show it; an order that does not answer is asked again later. */
async function follow(id) {
  const order = await api.order(id).catch(() => null);
  if (order === null) return;
  const before = pager.items?.find((each) => each.id === id);
  if (before?.status !== order.status) backoff.reset();
  pager.put(order);
}

/** Bring the order that was just paid into view, once. */
async function showPaidOrder() {
  if (shown || !paidOrder || pager.items === null) return;
  shown = true;
  if (!find(paidOrder)) await follow(paidOrder);
  page.querySelector(".highlight")?.scrollIntoView({ block: "center" });
}

async function refresh() {
  await auth.restore();
  const signedIn = auth.user !== null;
  part(page, "gate").hidden = signedIn;
  part(page, "desk").hidden = !signedIn;
  if (!signedIn) return;
  const open = moving();
  if (open.length > 0) await Promise.all(open.map(({ id }) => follow(id)));
  else await pager.refresh();
  await showPaidOrder();
}

mountAccountForm(part(page, "gate-form"), () => null); // signing in refreshes, see below
const refreshNow = repeat(refresh, () =>
  moving().length > 0 || pager.items === null ? backoff.next() : POLL_AT_REST_MS,
);
auth.addEventListener("change", () => {
  pager.clear();
  shown = false;
  refreshNow();
});
