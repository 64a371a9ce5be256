// Who may watch a stream: the switch in its console.

import { api } from "./api.js";
import { part, setText, toast } from "./dom.js";
import { problemText } from "./problem.js";

const HINTS = {
  public: "Everybody can watch and chat, with or without an account.",
  ticket: "Only who holds a ticket sees and hears the show and joins its chat.",
};
const ON_AIR = " This can be changed when the show is over.";

export class AccessSwitch {
  #root;
  #streamId;
  #changed;

  /** `changed` is called after each try to change it. */
  constructor(root, streamId, changed) {
    this.#root = root;
    this.#streamId = streamId;
    this.#changed = changed;
    for (const button of this.#buttons) {
      button.addEventListener("click", () => this.#choose(button.dataset.choice));
    }
  }

  get #buttons() {
    return this.#root.querySelectorAll("[data-choice]");
  }

  /** Show the stream's access as it is. */
  show({ access, status }) {
    const onAir = status === "live" || status === "interrupted";
    for (const button of this.#buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.choice === access));
      button.disabled = onAir;
    }
    setText(part(this.#root, "access-hint"), HINTS[access] + (onAir ? ON_AIR : ""));
  }

  async #choose(access) {
    for (const button of this.#buttons) button.disabled = true;
    try {
      await api.editStream(this.#streamId, { access });
    } catch (error) {
      toast(problemText(error));
    }
    this.#changed();
  }
}
