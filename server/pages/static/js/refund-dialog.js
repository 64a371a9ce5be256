// The dialog that asks for a refund of an order, whole or of some of its items.

import { submitForm } from "./account.js";
import { api } from "./api.js";
import { part, setText } from "./dom.js";
import { money } from "./money.js";
import { refundableAmount, refundableItems } from "./order.js";

const dialog = document.getElementById("refund-dialog");
const form = part(dialog, "refund-form");
let order = null;

const choices = () => [...form.querySelectorAll("[name=item]")];
const chosen = () => choices().filter((box) => box.checked);

/** Whether all is asked back that is left of the order. */
const isWhole = () => chosen().length === choices().length;

function choiceOf(item) {
  const label = document.createElement("label");
  label.className = "choice";
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", name: "item", value: item.product_id, checked: true });
  label.append(box, ` ${item.title}, ${money(item.left, order.currency)}`);
  return label;
}

function amount() {
  if (isWhole()) return refundableAmount(order);
  const ids = new Set(chosen().map((box) => box.value));
  const items = refundableItems(order).filter((item) => ids.has(item.product_id));
  return items.reduce((sum, item) => sum + item.left, 0);
}

function showAmount() {
  const yes = part(form, "yes");
  yes.disabled = chosen().length === 0;
  setText(yes, `Refund ${money(amount(), order.currency)}`);
}

/** Open it for an order; resolves to true when the refund was asked for. */
export async function askForRefund(forOrder, role) {
  order = forOrder;
  const items = refundableItems(order);
  const box = part(form, "choices");
  box.hidden = items.length < 2;
  part(form, "choice-list").replaceChildren(...items.map(choiceOf));
  setText(part(form, "consequence"), CONSEQUENCES[role]);
  form.elements.reason.value = "";
  form.querySelector(".form-error").hidden = true;
  showAmount();
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes";
}

const CONSEQUENCES = {
  buyer:
    "When the bank confirms it, the money goes back the way it came, and the ticket is void: it opens neither the show nor its chat any more.",
  seller:
    "When the bank confirms it, the buyer gets the money back, your balance pays for it, and the ticket is void.",
};

form.addEventListener("change", showAmount);
part(form, "cancel").addEventListener("click", () => dialog.close("no"));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const request = { reason: form.elements.reason.value.trim() || undefined };
  if (!isWhole()) request.items = chosen().map((box) => ({ product_id: box.value }));
  if (await submitForm(form, () => api.refundOrder(order.id, request))) dialog.close("yes");
});
