// What chat says in words: waits, refusals, modes and sanctions. Pure functions, no DOM.

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** A wait of some seconds: "8 s", "4 min 5 s", "2 h 10 min", "3 days". Never less than a second. */
export function wait(seconds) {
  const left = Math.max(1, Math.ceil(seconds));
  if (left < MINUTE_S) return `${left} s`;
  if (left < HOUR_S) return two(left, MINUTE_S, "min", 1, "s");
  if (left < DAY_S) return two(left, HOUR_S, "h", MINUTE_S, "min");
  const days = Math.round(left / DAY_S);
  return `${days} day${days === 1 ? "" : "s"}`;
}

function two(seconds, big, bigUnit, small, smallUnit) {
  const rest = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)} ${bigUnit}${rest ? ` ${rest} ${smallUnit}` : ""}`;
}

const REFUSALS = {
  slow_mode: "Slow mode is on.",
  rate_limited: "Too many messages at once.",
  timed_out: "You are timed out.",
  banned: "You are banned from this chat.",
  emote_only: "Only emoji may be sent now.",
  ticket_holders_only: "Only ticket holders may write now.",
  blocked_word: "This holds a word that is not allowed here.",
  approval_full: "Too many messages wait for a moderator already.",
  approval_only: "Messages cannot be changed while moderators read first.",
  message_too_long: "This is too long: at most 2,000 characters.",
  message_not_found: "That message is gone.",
  too_old: "A message can be changed for 15 minutes, and this one is older.",
  too_many_pins: "Five messages are pinned already: unpin one first.",
  too_many_reactions: "There are enough reactions under this message.",
  forbidden: "This is not yours to do.",
  unauthenticated: "Sign in to take part.",
  unavailable: "The chat does not answer just now.",
  busy: "Too much is being said at once.",
};

/** Why something was refused, as a sentence; `leftS` is how long it will be, where waiting helps. */
export function refusal({ code, message }, leftS) {
  const said = REFUSALS[code] ?? message;
  return leftS > 0 ? `${said} Wait ${wait(leftS)}.` : said;
}

/** What a room's modes ask of its members, as short phrases. */
export function modePhrases(modes) {
  const phrases = [];
  if (modes.slow_s > 0) phrases.push(`Slow mode: one message each ${wait(modes.slow_s)}`);
  if (modes.emote_only) phrases.push("Only emoji");
  if (modes.ticket_holders) phrases.push("Only ticket holders write");
  if (modes.approval) phrases.push("Moderators read messages first");
  return phrases;
}

/** What is laid on the reader, as a sentence. */
export function sanctionText({ kind, reason }, leftS) {
  const why = reason ? ` Reason: ${reason}` : "";
  if (kind === "ban") return `You are banned from this chat.${why}`;
  return `You are timed out: you can write again in ${wait(leftS)}.${why}`;
}

/** Who is writing: "Ada is typing…". */
export function typingText(names) {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length <= 3) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are typing…`;
  return "Several people are typing…";
}

export const ROLE_BADGES = { owner: "Host", moderator: "Mod" };
