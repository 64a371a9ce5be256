// The dialogs of moderators: laying a sanction on somebody, and naming a moderator.

import { submitForm } from "./account.js";
import { part, setText } from "./dom.js";
import { BAN_LENGTHS_S, length, TIMEOUT_LENGTHS_S } from "./moderation-text.js";
import { PeoplePicker } from "./moderation-people.js";

const LENGTHS_S = { timeout: TIMEOUT_LENGTHS_S, ban: BAN_LENGTHS_S };
const FIRST_LENGTH_S = { timeout: 600, ban: null };
const MAX_MINUTES = { timeout: 14 * 24 * 60, ban: 3_650 * 24 * 60 };
const VERBS = { timeout: "Time out", ban: "Ban", shadowban: "Shadow ban" };
const FOR_GOOD = "";
const OTHER = "other";

function option(value, text) {
  const element = document.createElement("option");
  element.value = value;
  element.textContent = text;
  return element;
}

/** Show a dialog until it is closed. `send` is tried at each submit; gives whether it was sent. */
async function showDialog(dialog, form, send) {
  let sent = false;
  const submit = async (event) => {
    event.preventDefault();
    sent = await submitForm(form, send);
    if (sent) dialog.close();
  };
  form.querySelector(".form-error").hidden = true;
  form.addEventListener("submit", submit);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  form.removeEventListener("submit", submit);
  return sent;
}

function chosenOf(picker) {
  if (picker.chosen === null) throw new Error("Choose somebody first.");
  return picker.chosen;
}

export class SanctionDialog {
  #dialog = document.getElementById("sanction-dialog");
  #form = part(this.#dialog, "sanction-form");
  #api;
  #picker;

  constructor(api) {
    this.#api = api;
    this.#picker = new PeoplePicker(part(this.#form, "picker"), api.people);
    part(this.#form, "kinds").addEventListener("change", () => this.#showKind());
    this.#form.elements.lasting.addEventListener("change", () => this.#showLength());
    part(this.#form, "cancel").addEventListener("click", () => this.#dialog.close());
  }

  /**
   * Ask what is to happen to a person {id, name}, or (null) to one who is chosen from those that
   * `isOffered` lets pass. Resolves to words for what was done, null for nothing.
   */
  async ask({ person = null, kind = "timeout", isOffered }) {
    const { elements: fields } = this.#form;
    setText(part(this.#form, "heading"), person ? `Sanction for ${person.name}` : "Add a sanction");
    part(this.#form, "picker").hidden = person !== null;
    fields.kind.value = kind;
    fields.reason.value = "";
    fields.minutes.value = "";
    fields.address.checked = false;
    this.#showKind();
    if (person === null) this.#picker.open(isOffered);
    let done = null;
    const sent = await showDialog(this.#dialog, this.#form, async () => {
      done = await this.#send(person ?? chosenOf(this.#picker));
    });
    return sent ? done : null;
  }

  async #send(person) {
    const { elements: fields } = this.#form;
    const kind = fields.kind.value;
    const seconds = this.#seconds();
    await this.#api.act(kind, {
      user: person.id,
      reason: fields.reason.value.trim() || undefined,
      seconds: seconds ?? undefined,
      address: kind === "ban" && fields.address.checked ? true : undefined,
    });
    return `${VERBS[kind]}: ${person.name}.`;
  }

  /** Seconds; null for good. */
  #seconds() {
    const { elements: fields } = this.#form;
    if (!(fields.kind.value in LENGTHS_S)) return null;
    if (fields.lasting.value === OTHER) return fields.minutes.valueAsNumber * 60;
    return fields.lasting.value === FOR_GOOD ? null : Number(fields.lasting.value);
  }

  #showKind() {
    const { elements: fields } = this.#form;
    const kind = fields.kind.value;
    const lengths = LENGTHS_S[kind];
    part(this.#form, "length").hidden = lengths === undefined;
    part(this.#form, "address").hidden = kind !== "ban";
    setText(part(this.#form, "yes"), VERBS[kind]);
    setText(
      part(this.#form, "reason-hint"),
      kind === "shadowban" ? "Only moderators see it." : "Moderators see it, and so do they.",
    );
    if (lengths !== undefined) {
      fields.lasting.replaceChildren(
        ...lengths.map((s) => option(s ?? FOR_GOOD, s === null ? "For good" : length(s))),
        option(OTHER, "Another time…"),
      );
      fields.lasting.value = FIRST_LENGTH_S[kind] ?? FOR_GOOD;
      fields.minutes.max = MAX_MINUTES[kind];
    }
    this.#showLength();
  }

  #showLength() {
    const { elements: fields } = this.#form;
    const isOther = fields.kind.value in LENGTHS_S && fields.lasting.value === OTHER;
    part(this.#form, "minutes").hidden = !isOther;
    fields.minutes.disabled = !isOther;
  }
}

export class ModeratorDialog {
  #dialog = document.getElementById("moderator-dialog");
  #form = part(this.#dialog, "moderator-form");
  #api;
  #picker;

  constructor(api) {
    this.#api = api;
    this.#picker = new PeoplePicker(part(this.#form, "picker"), api.people);
    part(this.#form, "cancel").addEventListener("click", () => this.#dialog.close());
  }

  /** Ask who is to keep order, too. Resolves to words for what was done, null for nothing. */
  async ask() {
    let done = null;
    this.#picker.open(({ role }) => role === null);
    const sent = await showDialog(this.#dialog, this.#form, async () => {
      const { id, name } = chosenOf(this.#picker);
      await this.#api.act("role", { user: id, role: "moderator" });
      done = `${name} is a moderator now.`;
    });
    return sent ? done : null;
  }
}
