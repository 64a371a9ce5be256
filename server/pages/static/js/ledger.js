// The seller's journal and transfers, a row each.

import { cloneOf, part, setOptional, setText, showList } from "./dom.js";
import { day, moment } from "./format.js";
import { money, signedMoney } from "./money.js";

const ACCOUNTS = {
  psp_clearing: "At the payment provider",
  seller_payable: "Available to you",
  seller_receivable: "Owed by you",
  platform_fee: "Platform fee",
  refund_reserve: "Set aside for refunds",
  dispute_loss: "Lost in disputes",
  suspense: "To be cleared up",
};

/** "refund_opened" -> "Refund opened". */
export function inWords(name) {
  const text = name.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

/** A bookkeeper's word and the amount: what is owed to somebody is a credit, and negative. */
function legText(amount, currency) {
  return `${amount < 0 ? "credit" : "debit"} ${money(Math.abs(amount), currency)}`;
}

export function ledgerRow() {
  return cloneOf("ledger-row");
}

export function updateLedgerRow(row, entry) {
  setText(part(row, "kind"), inWords(entry.kind));
  setText(part(row, "at"), moment(entry.at));
  const amount = part(row, "amount");
  setText(amount, signedMoney(entry.amount, entry.currency));
  amount.classList.toggle("plus", entry.amount > 0);
  const legs = entry.legs.map((leg, i) => ({ ...leg, id: String(i) }));
  showList(
    part(row, "legs"),
    legs,
    () => cloneOf("ledger-leg"),
    (line, leg) => {
      setText(part(line, "account"), ACCOUNTS[leg.account] ?? inWords(leg.account));
      setText(part(line, "amount"), legText(leg.amount, entry.currency));
    },
  );
}

const TRANSFER_WORDS = {
  scheduled: ["wait", "Waits to be sent"],
  sending: ["wait", "On its way"],
  paid: ["good", "Paid to you"],
  unknown: ["wait", "Being asked after"],
  cancelled: ["calm", "Cancelled"],
  reversing: ["wait", "Being taken back"],
  partially_reversed: ["calm", "Partly taken back"],
  reversed: ["calm", "Taken back"],
};

export function transferRow() {
  return cloneOf("transfer-row");
}

export function updateTransferRow(row, transfer) {
  const [tone, label] = TRANSFER_WORDS[transfer.status] ?? ["calm", inWords(transfer.status)];
  const state = part(row, "state");
  state.dataset.tone = tone;
  setText(state, label);
  setText(part(row, "amount"), money(transfer.amount, transfer.currency));
  const paid = transfer.paid_at ? `, paid on ${day(transfer.paid_at)}` : "";
  setText(part(row, "at"), `${moment(transfer.created_at)}${paid}`);
  const back = transfer.reversed
    ? `${money(transfer.reversed, transfer.currency)} of it taken back for refunds`
    : "";
  setOptional(part(row, "reversed"), back);
}
