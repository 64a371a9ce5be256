// Choosing somebody: those who are in the room and those who wrote lately, found by name.

import { part, setOptional } from "./dom.js";
import { named } from "./moderation-text.js";
import { problemText } from "./problem.js";

const MAX_SHOWN_PEOPLE = 60;
const ROLE_WORDS = { owner: "owner", moderator: "moderator" };

function choiceOf({ id, name, role, present }) {
  const label = document.createElement("label");
  label.className = "choice";
  const radio = document.createElement("input");
  radio.type = "radio";
  radio.name = "person";
  radio.value = id;
  const words = document.createElement("span");
  const note = document.createElement("small");
  note.textContent = [ROLE_WORDS[role], present ? "is here" : "wrote lately"].filter(Boolean).join(", ");
  words.append(name || "Somebody", " ", note);
  label.append(radio, words);
  return label;
}

export class PeoplePicker {
  #root;
  #load;
  #people = [];
  #chosen = null;
  #run = 0;

  /** `load` gives [{id, name, role, present}]. */
  constructor(root, load) {
    this.#root = root;
    this.#load = load;
    part(root, "find").addEventListener("input", () => this.#show());
    part(root, "find").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // it would send the form
      this.#root.querySelector("[type=radio]")?.focus();
    });
    part(root, "people").addEventListener("change", (event) => {
      this.#chosen = this.#people.find(({ id }) => id === event.target.value);
    });
  }

  /** Who is chosen; null for nobody yet. */
  get chosen() {
    return this.#chosen;
  }

  /** Offer whom `isOffered` lets pass. */
  async open(isOffered) {
    const run = ++this.#run;
    this.#people = [];
    this.#chosen = null;
    part(this.#root, "find").value = "";
    part(this.#root, "people").replaceChildren();
    setOptional(part(this.#root, "nobody"), "");
    part(this.#root, "people-wait").hidden = false;
    let problem = "";
    try {
      const people = await this.#load();
      if (run !== this.#run) return;
      this.#people = people.filter(isOffered);
    } catch (error) {
      if (run !== this.#run) return;
      problem = problemText(error);
    }
    part(this.#root, "people-wait").hidden = true;
    if (problem) setOptional(part(this.#root, "nobody"), problem);
    else this.#show();
  }

  #show() {
    const found = named(this.#people, part(this.#root, "find").value);
    const shown = found.slice(0, MAX_SHOWN_PEOPLE);
    part(this.#root, "people").replaceChildren(...shown.map(choiceOf));
    if (!shown.some(({ id }) => id === this.#chosen?.id)) this.#chosen = null;
    const radio = this.#root.querySelector(`[value="${this.#chosen?.id}"]`);
    if (radio) radio.checked = true;
    setOptional(part(this.#root, "nobody"), this.#wordsFor(found));
  }

  #wordsFor(found) {
    if (found.length > MAX_SHOWN_PEOPLE) return `And ${found.length - MAX_SHOWN_PEOPLE} more: type a name.`;
    if (found.length > 0) return "";
    if (this.#people.length > 0) return "Nobody here has this name.";
    return "Nobody is here yet. People appear as soon as they come into the chat.";
  }
}
