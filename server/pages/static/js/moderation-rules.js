// The rules of a room: its modes, which take effect at once, and the words that it blocks.

import { submitForm } from "./account.js";
import { part, setOptional, showList } from "./dom.js";
import { length, SLOW_STEPS_S, typedWords } from "./moderation-text.js";

const CUSTOM = "custom";
const SWITCHES = ["approval", "emote_only", "ticket_holders"];

function option(value, text) {
  const element = document.createElement("option");
  element.value = String(value);
  element.textContent = text;
  return element;
}

function wordChip({ id: word }) {
  const chip = document.createElement("li");
  chip.className = "word-chip";
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.word = word;
  button.setAttribute("aria-label", `Allow ${word} again`);
  button.textContent = "×";
  chip.append(word, button);
  return chip;
}

export class Rules {
  #root;
  #act;
  #form;
  #modes = null;
  #wantsCustom = false;

  /** `act(action, fields)` does it, tells how it went, and throws where it failed. */
  constructor(root, act) {
    this.#root = root;
    this.#act = act;
    this.#form = part(root, "modes-form");
    const { slow } = this.#form.elements;
    slow.append(
      ...SLOW_STEPS_S.map((s) => option(s, s === 0 ? "Off" : length(s))),
      option(CUSTOM, "Another time…"),
    );
    slow.addEventListener("change", () => this.#chooseSlow(slow.value));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#setCustom();
    });
    for (const name of SWITCHES) {
      const box = this.#form.elements[name];
      box.addEventListener("change", () => this.#try("mode", { [name]: box.checked }, box));
    }
    this.#wireWords();
  }

  /** Show the modes as they are now. `sells`: whether there are tickets to be a holder of. */
  showModes(modes, sells) {
    this.#modes = modes;
    part(this.#root, "rules-wait").hidden = true;
    part(this.#root, "rules-form").hidden = false;
    for (const name of SWITCHES) this.#form.elements[name].checked = modes[name];
    part(this.#form, "ticket-holders").hidden = !sells && !modes.ticket_holders;
    const isStep = SLOW_STEPS_S.includes(modes.slow_s);
    const custom = this.#wantsCustom || !isStep;
    const { slow, seconds } = this.#form.elements;
    slow.value = custom ? CUSTOM : String(modes.slow_s);
    part(this.#form, "custom").hidden = !custom;
    if (document.activeElement !== seconds) seconds.value = modes.slow_s || "";
  }

  showWords(words) {
    const list = part(this.#root, "words");
    const things = words.map((word) => ({ id: word }));
    showList(list, things, wordChip, () => null);
    list.hidden = words.length === 0;
    part(this.#root, "no-words").hidden = words.length > 0;
  }

  #chooseSlow(value) {
    const { slow, seconds } = this.#form.elements;
    this.#wantsCustom = value === CUSTOM;
    if (!this.#wantsCustom) {
      this.#try("slow", { seconds: Number(value) }, slow);
      return;
    }
    part(this.#form, "custom").hidden = false;
    seconds.focus();
  }

  #setCustom() {
    const { seconds } = this.#form.elements;
    if (part(this.#form, "custom").hidden || !seconds.reportValidity()) return;
    this.#wantsCustom = false;
    this.#try("slow", { seconds: seconds.valueAsNumber }, seconds);
  }

  /** Do it, and show what holds then: what was wanted, or what was there before. */
  async #try(action, fields, control) {
    control.disabled = true;
    try {
      await this.#act(action, fields);
    } catch {
      if (this.#modes !== null) this.showModes(this.#modes, !part(this.#form, "ticket-holders").hidden);
    } finally {
      control.disabled = false;
      control.focus();
    }
  }

  #wireWords() {
    const form = part(this.#root, "word-form");
    const { word } = form.elements;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const add = typedWords(word.value);
      if (!(await submitForm(form, () => this.#act("words", { add }, { quiet: true })))) return;
      word.value = "";
      word.focus();
    });
    word.addEventListener("input", () => setOptional(form.querySelector(".form-error"), ""));
    part(this.#root, "words").addEventListener("click", (event) => {
      const { word: gone } = event.target.dataset;
      if (gone === undefined) return;
      const failed = () => null; // it is told already, and the word stays
      this.#act("words", { remove: [gone] }).then(() => word.focus(), failed);
    });
  }
}
