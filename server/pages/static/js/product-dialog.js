// The dialog that makes a ticket for one of my streams, or changes one.

import { submitForm } from "./account.js";
import { api } from "./api.js";
import { part, setText } from "./dom.js";
import { localMinute } from "./format.js";
import { currencies, minorDigits, money, parseMoney, plainMoney } from "./money.js";

const dialog = document.getElementById("product-dialog");
const form = part(dialog, "product-form");
const { elements: fields } = form;
let product = null;
let streams = [];

function option(value, text) {
  const element = document.createElement("option");
  element.value = value;
  element.textContent = text;
  return element;
}

function fillCurrencies() {
  if (fields.currency.options.length > 0) return;
  fields.currency.append(...currencies().map(({ code, name }) => option(code, `${code}, ${name}`)));
}

const stream = () => streams.find(({ id }) => id === fields.stream.value);

/** Say what the typed price is, or that it is none. */
function checkPrice() {
  const { value: currency } = fields.currency;
  const amount = parseMoney(fields.price.value, currency);
  const wrong = fields.price.value !== "" && !amount;
  fields.price.setCustomValidity(wrong ? `This is no price in ${currency}.` : "");
  const example = plainMoney(10 ** minorDigits(currency) * 5, currency);
  setText(part(form, "price-hint"), amount ? money(amount, currency) : `For example ${example}`);
}

function showStream() {
  const chosen = stream();
  part(form, "restrict").hidden = product !== null || chosen?.access !== "public";
  if (product === null && chosen && !fields.title.dataset.typed) fields.title.value = chosen.title;
}

function fill() {
  setText(part(form, "heading"), product ? "Change the ticket" : "Sell a ticket");
  setText(part(form, "save"), product ? "Save" : "Put on sale");
  part(form, "stream-field").hidden = product !== null;
  fields.stream.disabled = product !== null;
  fields.stream.replaceChildren(...streams.map(({ id, title }) => option(id, title)));
  fields.currency.value = product?.price.currency ?? "EUR";
  fields.title.value = product?.title ?? "";
  fields.price.value = product ? plainMoney(product.price.amount, product.price.currency) : "";
  fields.starts.value = product?.starts_at ? localMinute(product.starts_at) : "";
  fields.capacity.value = product?.capacity ?? "";
  fields.refundable.value = product?.refund_until ? localMinute(product.refund_until) : "";
  fields.restrict.checked = true;
  delete fields.title.dataset.typed;
  form.querySelector(".form-error").hidden = true;
}

/** What a field says of a time: null where it is empty, undefined where it says what was before. */
function typedTime(field, before) {
  if (field.value === (before ? localMinute(before) : "")) return undefined;
  return field.value ? new Date(field.value).toISOString() : null;
}

/** What the form says, as the API wants it: null takes away, undefined leaves as it is. */
function typed() {
  const { value: currency } = fields.currency;
  return {
    title: fields.title.value.trim(),
    price: { amount: parseMoney(fields.price.value, currency), currency },
    starts_at: typedTime(fields.starts, product?.starts_at),
    capacity: fields.capacity.value ? fields.capacity.valueAsNumber : null,
    refund_until: typedTime(fields.refundable, product?.refund_until),
  };
}

async function save() {
  if (product !== null) return api.editProduct(product.id, typed());
  const { id } = stream();
  if (!part(form, "restrict").hidden && fields.restrict.checked) {
    await api.editStream(id, { access: "ticket" });
    stream().access = "ticket";
  }
  return api.createProduct({ kind: "ticket", stream_id: id, ...typed() });
}

/**
 * Open it for a product to change, or for a new one of one of `ownStreams`. Resolves to the
 * product as it is then, or null when nothing was done.
 */
export async function openProductDialog({ product: existing = null, streams: own = [], streamId }) {
  product = existing;
  streams = own;
  fillCurrencies();
  fill();
  if (streamId) fields.stream.value = streamId;
  showStream();
  checkPrice();
  let saved = null;
  const submit = async (event) => {
    event.preventDefault();
    if (await submitForm(form, async () => (saved = await save()))) dialog.close();
  };
  form.addEventListener("submit", submit);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  form.removeEventListener("submit", submit);
  return saved;
}

fields.stream.addEventListener("change", showStream);
fields.title.addEventListener("input", () => {
  fields.title.dataset.typed = "yes";
});
fields.price.addEventListener("input", checkPrice);
fields.currency.addEventListener("change", checkPrice);
part(form, "cancel").addEventListener("click", () => dialog.close());
