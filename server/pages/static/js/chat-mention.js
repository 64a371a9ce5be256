// Mentions: "@" and a name in what is typed, completed among those who spoke lately.

import { nameHue } from "./format.js";

const MAX_SUGGESTIONS = 6;
const MAX_MENTIONS = 10;
const MAX_QUERY_CHARS = 40;
const BEGUN = /(?:^|\s)@([^@\n]*)$/u;
const WORD = /[\p{L}\p{N}_]/u;

/** The mention being written before the caret: {from, query} with `from` at the "@", or null. */
export function mentionAt(text, caret) {
  const found = BEGUN.exec(text.slice(0, caret));
  if (found === null || found[1].length > MAX_QUERY_CHARS) return null;
  return { from: caret - found[1].length - 1, query: found[1] };
}

/** Those of the speakers whose name, or one word of it, begins like the query. */
export function suggestions(query, speakers) {
  const wanted = query.toLowerCase();
  return speakers
    .filter(({ name }) => ` ${name.toLowerCase()}`.includes(` ${wanted}`))
    .slice(0, MAX_SUGGESTIONS);
}

/** The ids of those speakers whose "@name" is in a text; of two of a name, the one who spoke last. */
export function mentionsIn(text, speakers) {
  const ids = [];
  let rest = text;
  for (const { id, name } of speakers.toSorted((a, b) => b.name.length - a.name.length)) {
    const mark = `@${name}`;
    const at = rest.indexOf(mark);
    if (at < 0 || WORD.test(rest[at + mark.length] ?? "") || ids.length === MAX_MENTIONS) continue;
    ids.push(id);
    rest = rest.replaceAll(mark, "\n"); // so that a shorter name is not found in it
  }
  return ids;
}

/** The list over the input. It takes the keys that move in it before the composer sees them. */
export class MentionList {
  #list;
  #input;
  #speakers;
  #found = null;
  #names = [];
  #chosen = 0;

  /** `speakers` gives who may be mentioned, the last speaker first: [{id, name}]. */
  constructor(list, input, speakers) {
    this.#list = list;
    this.#input = input;
    this.#speakers = speakers;
    input.addEventListener("input", () => this.#look());
    input.addEventListener("click", () => this.#look());
    input.addEventListener("blur", () => this.#close());
    input.addEventListener("keydown", (event) => this.#key(event));
    // Not "click": the input would lose the focus, and the list close, before it comes.
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.#take([...list.children].indexOf(option));
    });
  }

  #look() {
    const { value, selectionStart, selectionEnd } = this.#input;
    this.#found = selectionStart === selectionEnd ? mentionAt(value, selectionStart) : null;
    this.#names = this.#found ? suggestions(this.#found.query, this.#speakers()) : [];
    if (this.#names.length === 0) {
      this.#close();
      return;
    }
    this.#list.replaceChildren(...this.#names.map((user, i) => this.#option(user, i)));
    this.#list.hidden = false;
    this.#input.setAttribute("aria-expanded", "true");
    this.#choose(0);
  }

  #option({ id, name }, i) {
    const option = document.createElement("li");
    option.id = `${this.#list.id}-${i}`;
    option.setAttribute("role", "option");
    option.className = "message-name";
    option.style.setProperty("--hue", nameHue(id));
    option.textContent = name;
    return option;
  }

  #key(event) {
    if (this.#list.hidden || event.isComposing) return;
    const last = this.#names.length - 1;
    if (event.key === "ArrowDown") this.#choose(this.#chosen === last ? 0 : this.#chosen + 1);
    else if (event.key === "ArrowUp") this.#choose(this.#chosen === 0 ? last : this.#chosen - 1);
    else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#chosen);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #choose(i) {
    this.#chosen = i;
    [...this.#list.children].forEach((option, j) => {
      option.setAttribute("aria-selected", String(i === j));
    });
    this.#input.setAttribute("aria-activedescendant", this.#list.children[i].id);
  }

  #take(i) {
    const { from } = this.#found;
    this.#input.setRangeText(`@${this.#names[i].name} `, from, this.#input.selectionStart, "end");
    this.#close();
    this.#input.dispatchEvent(new Event("input"));
  }

  #close() {
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }
}
