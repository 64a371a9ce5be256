// Numbers, times and texts as people read them. Pure functions, no DOM.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NAME_HUES = [12, 35, 60, 95, 135, 165, 190, 215, 245, 275, 310, 340];

/** 7 -> "7", 1234 -> "1.2K". */
export function count(number) {
  return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(
    number,
  );
}

/** 1, "viewer" -> "1 viewer"; 2, "viewer" -> "2 viewers". */
export function plural(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** The time since an RFC 3339 time: "less than a minute", "12 min", "1 h 5 min", "3 days". */
export function since(time, now = Date.now()) {
  const ms = Math.max(0, now - Date.parse(time));
  if (ms < MINUTE_MS) return "less than a minute";
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) {
    const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
    return `${Math.floor(ms / HOUR_MS)} h${minutes ? ` ${minutes} min` : ""}`;
  }
  const days = Math.floor(ms / DAY_MS);
  return `${days} day${days === 1 ? "" : "s"}`;
}

/** The hour and minute of an RFC 3339 time, as the reader's own country writes it. */
export function clock(time) {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** The day of an RFC 3339 time, as the reader's own country writes it: "3 May 2026". */
export function day(time) {
  return new Date(time).toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
}

/** Day and time: "Sat, 12 Sep, 20:00", with the year where it is another one than now's. */
export function moment(time, now = Date.now()) {
  const date = new Date(time);
  const otherYear = date.getFullYear() !== new Date(now).getFullYear();
  return date.toLocaleString([], {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: otherYear ? "numeric" : undefined,
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** What an <input type=datetime-local> holds for an RFC 3339 time: "2026-09-12T20:00". */
export function localMinute(time) {
  const date = new Date(time);
  const pad = (number) => String(number).padStart(2, "0");
  const days = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${days}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** A stable number for a text, 0 to 2^32 - 1 (FNV-1a). */
export function hash(text) {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return value;
}

/** The hue, in degrees, that a user's name always has. */
export function nameHue(userId) {
  return NAME_HUES[hash(userId) % NAME_HUES.length];
}

/** Cut a text into [{text, href?}], a piece with an href for each http(s) address in it. */
export function splitLinks(text) {
  const pieces = [];
  let from = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"]+/gi)) {
    const address = match[0].replace(/[.,;:!?'")\]]+$/, "");
    if (!URL.canParse(address)) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push({ text: address, href: address });
    from = match.index + address.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}
