// A list that is fetched page by page: what it shows while it waits, when it is empty, and when
// it failed; and "more" where there is more.

import { part, setOptional, showList } from "./dom.js";
import { problemText } from "./problem.js";

export class Pager {
  /** What is shown, in order; null before the first answer. */
  items = null;
  #root;
  #load;
  #make;
  #update;
  #cursor = null;
  #run = 0;
  #renewal = 0;

  /**
   * `load(cursor)` gives {items: [{id, …}], next_cursor}. Within `root`: data-list, data-wait,
   * data-empty, data-problem, data-more.
   */
  constructor(root, { load, make, update }) {
    this.#root = root;
    this.#load = load;
    this.#make = make;
    this.#update = update;
    part(root, "more").addEventListener("click", () => this.#more());
  }

  /** Forget everything: somebody else is here. */
  clear() {
    this.#run += 1;
    this.items = null;
    this.#cursor = null;
    this.show();
  }

  /** Fetch the newest page, and keep what was shown beyond it. */
  refresh() {
    return this.#fetch(null, ({ items, next_cursor: cursor }) => {
      const older = this.items ?? [];
      const fresh = new Set(items.map(({ id }) => id));
      const overlap = older.findIndex(({ id }) => fresh.has(id));
      if (overlap < 0) this.#cursor = cursor;
      this.items = overlap < 0 ? items : [...items, ...older.filter(({ id }) => !fresh.has(id))];
    });
  }

  /** Fetch as much as was shown anew, for a list that things go from, not only come to. */
  async renew() {
    const run = this.#run;
    const renewal = ++this.#renewal;
    const isLate = () => run !== this.#run || renewal !== this.#renewal;
    const items = [];
    let cursor = null;
    try {
      do {
        const page = await this.#load(cursor);
        if (isLate()) return;
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor && items.length < (this.items?.length ?? 0));
    } catch (error) {
      if (!isLate()) this.show(problemText(error));
      return;
    }
    this.items = items;
    this.#cursor = cursor;
    this.show();
  }

  /** Whether there is more than is shown. */
  get hasMore() {
    return Boolean(this.#cursor);
  }

  /** Put one thing in the place of its older self, or first where it is new. */
  put(item) {
    const at = this.items?.findIndex(({ id }) => id === item.id) ?? -1;
    if (at >= 0) this.items[at] = item;
    else this.items = [item, ...(this.items ?? [])];
    this.show();
  }

  async #more() {
    const button = part(this.#root, "more");
    button.disabled = true;
    await this.#fetch(this.#cursor, ({ items, next_cursor: cursor }) => {
      const known = new Set(this.items.map(({ id }) => id));
      this.items = [...this.items, ...items.filter(({ id }) => !known.has(id))];
      this.#cursor = cursor;
    });
    button.disabled = false;
  }

  async #fetch(cursor, take) {
    const run = this.#run;
    try {
      const page = await this.#load(cursor);
      if (run !== this.#run) return;
      take(page);
      this.show();
    } catch (error) {
      if (run !== this.#run) return;
      this.show(problemText(error));
    }
  }

  /** Show the items as they are now. */
  show(problem = "") {
    const { items } = this;
    showList(part(this.#root, "list"), items ?? [], this.#make, this.#update);
    setOptional(part(this.#root, "problem"), problem);
    part(this.#root, "wait").hidden = items !== null || problem !== "";
    part(this.#root, "empty").hidden = items === null || items.length > 0;
    part(this.#root, "more").hidden = !this.#cursor;
  }
}
