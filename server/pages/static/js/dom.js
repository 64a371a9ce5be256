// Small helpers for the DOM. Texts always go in as text, never as markup.

/** The one element below `root` with the attribute data-`name`. */
export function part(root, name) {
  return root.querySelector(`[data-${name}]`);
}

/** A copy of the first element of a <template>. */
export function cloneOf(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

/** Set an element's text, leaving the DOM alone when it says so already. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Set an element's text, and hide it when there is none. */
export function setOptional(element, text) {
  setText(element, text ?? "");
  element.hidden = !text;
}

const BADGES = {
  live: "Live",
  interrupted: "Interrupted",
  ended: "Ended",
  idle: "Off stage",
};

/** Show a stream's status in a badge. */
export function setBadge(element, status) {
  if (element.dataset.status === status) return;
  element.dataset.status = status;
  element.textContent = BADGES[status] ?? status;
}

/**
 * Make a list show these things ({id, …}) in this order: `make` gives a new one's <li>, `update`
 * fills it. What stays is not moved or made anew, so nothing flickers and the focus holds.
 */
export function showList(list, things, make, update) {
  const rows = new Map([...list.children].map((row) => [row.dataset.id, row]));
  things.forEach((thing, i) => {
    const row = rows.get(thing.id) ?? make(thing);
    row.dataset.id = thing.id;
    rows.delete(thing.id);
    update(row, thing);
    if (list.children[i] !== row) list.insertBefore(row, list.children[i] ?? null);
  });
  for (const gone of rows.values()) gone.remove();
}

const TOAST_MS = 4_000;
let toastTimer;

/** Say something short at the edge of the page, for a few seconds. */
export function toast(text) {
  const element = document.querySelector(".toast");
  element.textContent = text;
  element.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    element.hidden = true;
  }, TOAST_MS);
}

/** Copy a text; true when it worked. Plain http on a LAN has no clipboard API. */
export async function copyText(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // refused by the browser's settings: try the old way
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

/**
 * Call `work` now and again `ms()` after it has ended, but not while the page is hidden. Returns
 * a function that calls it at once; while it runs, that makes it run once more.
 */
export function repeat(work, ms) {
  let timer;
  let running = false;
  let again = false;
  const run = async () => {
    again = running;
    if (running) return;
    clearTimeout(timer);
    running = true;
    try {
      await work();
    } finally {
      running = false;
      if (again) run();
      else if (!document.hidden) timer = setTimeout(run, ms());
    }
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else run();
  });
  window.addEventListener("online", run);
  run();
  return run;
}
