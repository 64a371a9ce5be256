// The dialog that cancels a show and refunds everyone: it asks for a typed word, then shows how
// far the refunds are.

import { submitForm } from "./account.js";
import { api } from "./api.js";
import { Backoff } from "./backoff.js";
import { part, setOptional, setText } from "./dom.js";
import { problemText } from "./problem.js";
import { cancellationText } from "./ticket.js";

const WORD = "cancel";
const POLL_FIRST_MS = 700;
const POLL_MAX_MS = 5_000;

const dialog = document.getElementById("cancel-dialog");
const form = part(dialog, "cancel-form");
const { elements: fields } = form;
let product = null;
let timer;

/** Show how far it is; null: it has not begun, and the word is asked for. */
function showStep(progress) {
  const asking = progress === null;
  const failed = progress?.state === "done" && progress.failed > 0;
  part(form, "ask").hidden = !asking;
  fields.word.disabled = !asking;
  part(form, "yes").hidden = !asking && !failed;
  setText(part(form, "yes"), failed ? "Try those again" : "Refund everyone");
  checkWord();
  setText(part(form, "no"), asking ? "Keep the show" : "Close");
  setOptional(part(form, "progress"), asking ? "" : cancellationText(progress));
  part(form, "busy").hidden = asking || progress.state === "done";
}

/** Ask how far it is, again and again until it is done. */
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
  showStep(product.status === "cancelled" ? { state: "running" } : null);
  dialog.showModal();
  if (product.status === "cancelled") follow(new Backoff(POLL_FIRST_MS, POLL_MAX_MS));
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  clearTimeout(timer);
}

function checkWord() {
  const typed = fields.word.value.trim().toLowerCase() === WORD;
  part(form, "yes").disabled = !fields.word.disabled && !typed;
}

fields.word.addEventListener("input", checkWord);
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
