// The dialog that asks before something is done about a message.

import { ChatError } from "./chat-link.js";
import { snippet } from "./chat-row.js";
import { refusal } from "./chat-words.js";
import { part, setOptional, setText } from "./dom.js";

/**
 * Ask, and `act({reason?, seconds?, address?})` on a yes. Resolves to `done` once it is done, to
 * null when it was called off. `reason` is the label of that field, null for none.
 */
export async function askAbout(message, question) {
  const { title, text, yes, reason = null, required = false, ban = false, act, done } = question;
  const dialog = document.getElementById("chat-dialog");
  const form = part(dialog, "chat-ask");
  setText(part(dialog, "ask-title"), title);
  setText(part(dialog, "ask-quote"), `${message.user.name}: ${snippet(message)}`);
  setOptional(part(dialog, "ask-text"), text);
  part(dialog, "ask-reason").hidden = reason === null;
  setText(part(dialog, "ask-label"), reason ?? "");
  part(dialog, "ask-ban").hidden = !ban;
  setOptional(form.querySelector(".form-error"), "");
  setText(part(dialog, "ask-yes"), yes);
  form.reset();
  form.elements.reason.required = required;
  form.elements.reason.disabled = reason === null;
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (await tryAct(form, () => act(fieldsOf(form, ban)))) dialog.close("yes");
  };
  part(dialog, "ask-no").onclick = () => dialog.close();
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes" ? (done ?? null) : null;
}

function fieldsOf(form, ban) {
  const { reason, seconds, address } = form.elements;
  const fields = { reason: reason.value.trim() || undefined };
  if (!ban) return fields;
  return { ...fields, seconds: Number(seconds.value) || undefined, address: address.checked };
}

async function tryAct(form, act) {
  const button = part(form, "ask-yes");
  button.disabled = true;
  try {
    await act();
    return true;
  } catch (error) {
    const known = error instanceof ChatError;
    const why = known ? refusal(error, error.leftS) : "Not connected: try again in a moment.";
    setOptional(form.querySelector(".form-error"), why);
    return false;
  } finally {
    button.disabled = false;
  }
}
