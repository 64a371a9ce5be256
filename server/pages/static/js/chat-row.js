// One message as a row of the list.

import { ROLE_BADGES } from "./chat-words.js";
import { cloneOf, part, setOptional } from "./dom.js";
import { clock, nameHue, plural, splitLinks } from "./format.js";

const GROUP_WITHIN_MS = 3 * 60_000;
const MAX_QUOTE_CHARS = 120;

/** Append a text to an element, with its addresses as links. */
export function appendWithLinks(element, text) {
  for (const { text: piece, href } of splitLinks(text)) {
    if (href === undefined) {
      element.append(piece);
      continue;
    }
    const link = document.createElement("a");
    link.href = href;
    link.textContent = piece;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow ugc";
    element.append(link);
  }
}

/** Append a message's text, with addresses as links and the mentioned names marked. */
function appendContent(element, message, room) {
  const names = message.mentions.map((id) => ({ id, name: room.timeline.nameOf(id) }));
  const marks = new Map(names.filter(({ name }) => name).map(({ id, name }) => [`@${name}`, id]));
  let rest = message.content;
  while (rest !== "") {
    const found = [...marks.keys()]
      .map((mark) => ({ mark, at: rest.indexOf(mark) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at || b.mark.length - a.mark.length)[0];
    appendWithLinks(element, found ? rest.slice(0, found.at) : rest);
    if (!found) return;
    const mention = document.createElement("b");
    mention.className = "mention";
    mention.textContent = found.mark;
    element.append(mention);
    rest = rest.slice(found.at + found.mark.length);
  }
}

/** A message in one line: what its reply, the strip of pins and the menu quote. */
export function snippet({ content, deleted }) {
  if (deleted) return "Message deleted";
  const line = content.replace(/\s+/g, " ");
  return line.length > MAX_QUOTE_CHARS ? `${line.slice(0, MAX_QUOTE_CHARS)}…` : line;
}

/** Whether a message mentions the reader, or answers them. */
function isToReader(message, room) {
  if (room.me === null || message.deleted || message.user.id === room.me.id) return false;
  const answered = message.reply_to && room.timeline.find(message.reply_to)?.user.id;
  return answered === room.me.id || message.mentions.includes(room.me.id);
}

export function newRow(message) {
  const row = cloneOf("chat-message");
  row.dataset.id = message.id;
  return row;
}

/** Make a row show what its message is now. */
export function fillRow(row, message, room) {
  row.version = message.version;
  row.message = message;
  row.classList.toggle("gone", Boolean(message.deleted));
  row.classList.toggle("to-me", isToReader(message, room));
  const name = part(row, "name");
  name.textContent = message.user.name;
  name.style.setProperty("--hue", nameHue(message.user.id));
  const role = part(row, "role");
  setOptional(role, ROLE_BADGES[message.user.role]);
  role.dataset.role = message.user.role ?? "";
  const at = part(row, "at");
  at.dateTime = message.at;
  at.textContent = clock(message.at);
  at.title = new Date(message.at).toLocaleString();
  const text = part(row, "text");
  text.textContent = "";
  if (message.deleted) text.textContent = "Message deleted";
  else appendContent(text, message, room);
  part(row, "edited").hidden = !message.edited_at || Boolean(message.deleted);
  fillQuote(part(row, "quote"), message, room);
  fillChips(part(row, "chips"), message, room);
}

function fillQuote(quote, message, room) {
  quote.hidden = !message.reply_to || Boolean(message.deleted);
  if (quote.hidden) return;
  const original = room.timeline.find(message.reply_to);
  quote.dataset.quote = message.reply_to;
  const name = part(quote, "quote-name");
  setOptional(name, original && !original.deleted ? original.user.name : "");
  part(quote, "quote-text").textContent = original ? snippet(original) : "An earlier message";
}

function fillChips(chips, message, room) {
  const counts = { ...message.reactions };
  const own = room.ownReactions(message.id);
  for (const emoji of own) counts[emoji] ??= 1;
  const entries = message.deleted ? [] : Object.entries(counts).filter(([, number]) => number > 0);
  chips.hidden = entries.length === 0;
  const items = entries.map(([emoji, number]) => {
    const item = cloneOf("chat-chip");
    const button = item.firstElementChild;
    button.dataset.react = emoji;
    button.setAttribute("aria-pressed", String(own.has(emoji)));
    button.setAttribute("aria-label", `${emoji} ${plural(number, "reaction")}`);
    part(button, "emoji").textContent = emoji;
    part(button, "count").textContent = number;
    return item;
  });
  chips.replaceChildren(...items);
}

/** Whether `message` needs no name of its own, for it follows its sender's last words. */
function follows(previous, message) {
  if (!previous || previous.deleted || message.deleted || message.reply_to) return false;
  return (
    previous.user.id === message.user.id && message.atMs - previous.atMs < GROUP_WITHIN_MS
  );
}

/** Show rows as the groups they are: names once, and what was deleted in a row as one line. */
export function groupRows(rows) {
  let previous = null;
  let first = null;
  let deleted = 0;
  const close = () => {
    if (first === null) return;
    const text = deleted === 1 ? "Message deleted" : `${deleted} messages deleted`;
    if (part(first, "text").textContent !== text) part(first, "text").textContent = text;
  };
  for (const row of rows) {
    const { message } = row;
    const goesOn = message.deleted && first !== null && previous.user.id === message.user.id;
    row.classList.toggle("follows", follows(previous, message));
    row.hidden = goesOn === true;
    if (goesOn) deleted += 1;
    else {
      close();
      first = message.deleted ? row : null;
      deleted = 1;
    }
    previous = message;
  }
  close();
}
