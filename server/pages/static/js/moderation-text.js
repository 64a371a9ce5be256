// What moderators read, in words: acts, sanctions, lengths of time. Pure functions, no DOM.

import { clock, moment } from "./format.js";

const MAX_QUOTE_CHARS = 140;
const MAX_NAMED_WORDS = 5;
const UNITS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];
const MODES = {
  approval: "approval of messages",
  emote_only: "emoji only",
  ticket_holders: "ticket holders only",
};

/** Lengths that are offered: seconds; null is for good. */
export const TIMEOUT_LENGTHS_S = [60, 600, 3_600, 86_400, 7 * 86_400];
export const BAN_LENGTHS_S = [null, 600, 3_600, 86_400, 7 * 86_400, 30 * 86_400];
export const SLOW_STEPS_S = [0, 3, 5, 10, 30, 60, 120];

/** What lifts a sanction of a kind, as an action of the API. */
export const LIFTS = { timeout: "untimeout", ban: "unban", shadowban: "unshadowban" };

const amount = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** 600 -> "10 minutes", 5400 -> "1 hour 30 minutes", null -> "for good". */
export function length(seconds) {
  if (seconds === null) return "for good";
  const parts = [];
  let left = seconds;
  for (const [size, noun] of UNITS) {
    if (left >= size) parts.push(amount(Math.floor(left / size), noun));
    left %= size;
  }
  return parts.slice(0, 2).join(" ") || "0 seconds";
}

/** A text in quotes, cut where it is long. */
export function quote(text) {
  const characters = [...text];
  const short = characters.slice(0, MAX_QUOTE_CHARS).join("");
  return `“${short}${characters.length > MAX_QUOTE_CHARS ? "…" : ""}”`;
}

/** ["a", "b", "c"] -> "a, b and c". */
function listed(texts) {
  if (texts.length < 2) return texts.join("");
  return `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}

function wordsNamed(words) {
  const named = words.slice(0, MAX_NAMED_WORDS).map(quote);
  const others = words.length - named.length;
  return listed(others > 0 ? [...named, `${others} more`] : named);
}

function wordsChanged({ add = [], remove = [] }) {
  const acts = [];
  if (add.length > 0) acts.push(`blocked the ${add.length === 1 ? "word" : "words"} ${wordsNamed(add)}`);
  if (remove.length > 0) acts.push(`allowed ${wordsNamed(remove)} again`);
  return acts.join(" and ");
}

function modesSwitched(detail) {
  const switched = Object.entries(detail).map(([mode, on]) => [MODES[mode] ?? mode, on]);
  const named = (wanted) => listed(switched.filter(([, on]) => on === wanted).map(([name]) => name));
  const acts = [];
  if (named(true)) acts.push(`turned ${named(true)} on`);
  if (named(false)) acts.push(`turned ${named(false)} off`);
  return acts.join(" and ");
}

function banned(whom, { seconds, address }) {
  const how = address ? ", with the address," : "";
  return `banned ${whom}${how} ${seconds ? `for ${length(seconds)}` : "for good"}`;
}

const whose = (name) => (name ? `${name}'s message` : "a message");

/** What was done, by action: (name of whom it was done to, detail) -> words, with no reason. */
const ACTS = {
  delete: (name) => `deleted ${whose(name)}`,
  purge: (name) => `deleted all messages of ${name}`,
  timeout: (name, { seconds }) => `timed out ${name} for ${length(seconds)}`,
  untimeout: (name) => `ended the timeout of ${name}`,
  ban: banned,
  unban: (name) => `lifted the ban of ${name}`,
  shadowban: (name) => `shadow-banned ${name}`,
  unshadowban: (name) => `lifted the shadow ban of ${name}`,
  slow: (_, { seconds }) =>
    seconds ? `set slow mode to ${length(seconds)}` : "turned slow mode off",
  mode: (_, detail) => modesSwitched(detail),
  words: (_, detail) => wordsChanged(detail),
  role: (name, { role }) =>
    role === "moderator" ? `made ${name} a moderator` : `made ${name} a plain member again`,
  approve: (name, { content }) => `approved ${whose(name)} ${quote(content ?? "")}`,
  reject: (name, { content }) => `rejected ${whose(name)} ${quote(content ?? "")}`,
  dismiss: (name, { content }) => `dismissed a report of ${whose(name)} ${quote(content ?? "")}`,
};
/** Actions whose `reason` is the moderator's own. */
const REASONED = new Set(["delete", "timeout", "ban", "shadowban"]);

/** An entry of the audit log as a sentence: "Ada banned Bob for 10 minutes: spam". */
export function actLine({ by, action, target_name: name, detail }) {
  const needsName = !["delete", "approve", "reject", "dismiss"].includes(action);
  const act = ACTS[action]?.(name || (needsName ? "somebody" : ""), detail) ?? `did ${quote(action)}`;
  const reason = REASONED.has(action) && detail.reason ? `: ${detail.reason}` : "";
  return `${by.name || "Somebody"} ${act}${reason}`;
}

/** What a sanction is called. */
export function kindText({ kind, address }) {
  if (kind === "ban" && address) return "Banned, with the address";
  return { timeout: "Timed out", ban: "Banned", shadowban: "Shadow-banned" }[kind];
}

function end(until, now) {
  if (until === null) return "for good";
  const isToday = new Date(until).toDateString() === new Date(now).toDateString();
  return `until ${isToday ? clock(until) : moment(until, now)}`;
}

/** Until when, by whom: "until 20:00 · by Ada", "until Sat, 12 Sep, 20:00 · by Ada". */
export function sanctionNote({ until, by }, now = Date.now()) {
  return `${end(until, now)} · by ${by.name || "somebody"}`;
}

/** How many there are, as a badge says it: "", "3", "50+". */
export function countText(items, hasMore) {
  if (!items?.length) return "";
  return `${items.length}${hasMore ? "+" : ""}`;
}

/** Those of people {id, name} whose name has a text in it. */
export function named(people, text) {
  const wanted = text.trim().toLocaleLowerCase();
  return people.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
}

/** "spam, scam*" -> ["spam", "scam*"]: what was typed as words for the list. */
export function typedWords(text) {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}
