// The dialog that cancels a show and refunds everyone: it asks for a typed word, then shows how
// far the refunds are.

import { submitForm } from "./account.js";
import { api } from "./api.js";
import { Backoff } from "./backoff.js";
import { part, setOptional, setText } from "./dom.js";
import { plural } from "./format.js";
import { problemText } from "./problem.js";

const WORD = "cancel";
const POLL_FIRST_MS = 700;
const POLL_MAX_MS = 5_000;

const dialog = document.getElementById("cancel-dialog");
const form = part(dialog, "cancel-form");
const { elements: fields } = form;
let product = null;
let timer;

/** How far a cancellation is, as sentences. */
export function progressText({ state, refunds_opened: opened, already_refunded: before, failed }) {
  const lines = [
    state === "done" ? "Every order has been seen to." : "Still going through the orders…",
    `${plural(opened, "refund")} under way or done by now.`,
  ];
  if (before > 0) lines.push(`${plural(before, "order")} had been refunded before.`);
  if (failed > 0) {
    lines.push(`${plural(failed, "refund")} failed: see your orders, and ask again there.`);
  }
  return lines.join(" ");
}

function showStep(progress) {
  const asking = progress === null;
  part(form, "ask").hidden = !asking;
  part(form, "yes").hidden = !asking;
  fields.word.disabled = !asking;
  setText(part(form, "no"), asking ? "Keep the show" : "Close");
  setOptional(part(form, "progress"), asking ? "" : progressText(progress));
  part(form, "busy").hidden = asking || progress.state === "done";
}

async function follow(backoff) {
  clearTimeout(timer);
  if (!dialog.open) return;
  try {
    const { cancel } = await api.cancelProgress(product.id);
    showStep(cancel);
    if (cancel.state === "done") return;
  } catch (error) {
    setOptional(part(form, "progress"), `${problemText(error)} The refunds go on without this page.`);
  }
  timer = setTimeout(() => follow(backoff), backoff.next());
}

/** Open it for a product; resolves when it is closed. */
export async function openCancelDialog(forProduct) {
  product = forProduct;
  setText(part(form, "heading"), product.status === "cancelled" ? "Cancelled" : "Cancel the show?");
  setText(part(form, "name"), product.title);
  fields.word.value = "";
  form.querySelector(".form-error").hidden = true;
  showStep(product.status === "cancelled" ? { state: "running", refunds_opened: 0 } : null);
  check();
  dialog.showModal();
  if (product.status === "cancelled") follow(new Backoff(POLL_FIRST_MS, POLL_MAX_MS));
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  clearTimeout(timer);
}

function check() {
  part(form, "yes").disabled = fields.word.value.trim().toLowerCase() !== WORD;
}

fields.word.addEventListener("input", check);
part(form, "no").addEventListener("click", () => dialog.close());
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const send = async () => {
    const { cancel } = await api.cancelProduct(product.id);
    showStep(cancel);
    follow(new Backoff(POLL_FIRST_MS, POLL_MAX_MS));
  };
  if (part(form, "yes").disabled || part(form, "yes").hidden) return;
  await submitForm(form, send);
});
