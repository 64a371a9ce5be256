// The seller's side: balance, tickets, orders, ledger, transfers, and where the money goes.

import { mountAccountForm, submitForm } from "./account.js";
import { api } from "./api.js";
import { auth } from "./auth.js";
import { cloneOf, part, repeat, setOptional, setText, showList, toast } from "./dom.js";
import { ledgerRow, transferRow, updateLedgerRow, updateTransferRow } from "./ledger.js";
import { money } from "./money.js";
import { orderCard, updateOrderCard } from "./order-card.js";
import { Pager } from "./pager.js";
import { problemText } from "./problem.js";
import { ProductList } from "./product-list.js";
import { askForRefund } from "./refund-dialog.js";
import { connectTabs } from "./tabs.js";

const REFRESH_MS = 8_000;
const SOON_MS = 1_500;

const page = document.getElementById("main");
const products = new ProductList(part(page, "products"), {
  load: api.ownProducts,
  ownStreams: api.ownStreams,
});
const orders = new Pager(part(page, "orders"), {
  load: (cursor) => api.orders("seller", cursor),
  make: () => orderCard(refund),
  update: (card, order) => updateOrderCard(card, order, { role: "seller" }),
});
const ledger = new Pager(part(page, "ledger"), {
  load: api.ledger,
  make: ledgerRow,
  update: updateLedgerRow,
});
const transfers = new Pager(part(page, "transfers"), {
  load: api.transfers,
  make: transferRow,
  update: updateTransferRow,
});
const lists = { products, orders, ledger, transfers };

async function refund(id) {
  const order = orders.items.find((each) => each.id === id);
  if (!(await askForRefund(order, "seller"))) return;
  toast("The refund is under way.");
  refreshNow();
}

function updateBalance(row, balance) {
  for (const name of ["payable", "receivable", "reserved", "in_transit"]) {
    const value = part(row, name.replace("_", "-"));
    setText(value, money(balance[name], balance.currency));
    value.closest("div").hidden = balance[name] === 0 && name !== "payable";
  }
}

async function refreshBalance() {
  try {
    const balances = (await api.balances()).map((each) => ({ ...each, id: each.currency }));
    showList(part(page, "balances"), balances, () => cloneOf("balance"), updateBalance);
    part(page, "no-balance").hidden = balances.length > 0;
    setOptional(part(page, "problem"), "");
  } catch (error) {
    setOptional(part(page, "problem"), problemText(error));
  }
}

const payout = part(page, "payout-form");
let payoutShownFor = null;

/** Fill the form once for each who signs in, and not while it is being typed in. */
async function showPayoutAccount() {
  if (payoutShownFor === auth.user.id) return;
  const account = await api.payoutAccount().catch(() => null);
  payoutShownFor = auth.user.id;
  payout.elements.account.value = account ?? "";
}

/** The name of the tab that is shown. */
function tab() {
  return page.querySelector("[role=tab][aria-selected=true]").dataset.tab;
}

async function refresh() {
  await auth.restore();
  const signedIn = auth.user !== null;
  part(page, "gate").hidden = signedIn;
  part(page, "desk").hidden = !signedIn;
  if (!signedIn) return;
  await Promise.all([refreshBalance(), lists[tab()].refresh(), showPayoutAccount()]);
}

payout.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { account } = payout.elements;
  if (await submitForm(payout, () => api.setPayoutAccount(account.value.trim()))) {
    toast("Your money goes there from now on.");
  }
});

/** A refund that has just been asked for is settled within seconds: look again soon. */
const isSettling = () =>
  tab() === "orders" && (orders.items ?? []).some((order) => order.status === "refund_pending");

connectTabs(page.querySelector("[role=tablist]"), () => refreshNow());
mountAccountForm(part(page, "gate-form"), () => null); // signing in refreshes, see below
const refreshNow = repeat(refresh, () => (isSettling() ? SOON_MS : REFRESH_MS));
auth.addEventListener("change", () => {
  for (const list of Object.values(lists)) list.clear();
  refreshNow();
});
