// What can be done about a message, and the doing of it.

import { isEditable } from "./chat-composer.js";
import { askAbout } from "./chat-dialog.js";
import { ChatError } from "./chat-link.js";
import { refusal } from "./chat-words.js";
import { copyText, toast } from "./dom.js";

export const QUICK_EMOJI = ["👍", "❤️", "😂", "👏", "🎉", "🔥"];
const TIMEOUT_S = 600;

/** The names of what the reader may do about a message, in the order of the menu. */
export function actionsFor(message, room) {
  if (message.deleted) return [];
  const mine = room.me !== null && message.user.id === room.me.id;
  const pinned = room.pinned.some(({ id }) => id === message.id);
  const outranked = message.user.role === "owner" || message.user.role === room.role;
  return [
    "reply",
    "copy",
    isEditable(message, room) && "edit",
    room.moderates && !message.ghost && (pinned ? "unpin" : "pin"),
    (mine || room.moderates) && "delete",
    !mine && "report",
    ...(room.moderates && !mine && !outranked ? ["timeout", "purge", "shadowban", "ban"] : []),
  ].filter(Boolean);
}

export class MessageActions {
  #client;
  #composer;
  #signIn;

  constructor(client, composer, signIn) {
    this.#client = client;
    this.#composer = composer;
    this.#signIn = signIn;
  }

  /** Do one of `actionsFor`, and say how it went. */
  async do(name, message) {
    try {
      const done = await this.#acts[name](message, message.user);
      if (done) toast(done);
    } catch (error) {
      sayWhy(error);
    }
  }

  /** Put an emoji under a message, or take one's own away. */
  async react(message, emoji) {
    if (!(await this.#signIn("Sign in to react"))) return;
    const on = !this.#client.room.ownReactions(message.id).has(emoji);
    await this.#client.react(message.id, emoji, on).catch(sayWhy);
  }

  #acts = {
    reply: (message) => this.#composer.reply(message),
    edit: (message) => this.#composer.edit(message),
    copy: async ({ content }) => ((await copyText(content)) ? "Copied." : content),
    pin: async ({ id }) => {
      await this.#client.pin(id, true);
    },
    unpin: async ({ id }) => {
      await this.#client.pin(id, false);
    },
    delete: (message, { id, name }) => {
      const mine = id === this.#client.room.me?.id;
      return askAbout(message, {
        title: mine ? "Delete your message?" : `Delete this message of ${name}'s?`,
        yes: "Delete",
        reason: mine ? null : "Reason (optional)",
        act: ({ reason }) => this.#client.delete(message.id, reason),
      });
    },
    report: async (message, { name }) => {
      if (!(await this.#signIn("Sign in to report a message"))) return null;
      return askAbout(message, {
        title: "Report this message",
        text: "The moderators of this chat will see it, your reason and your name.",
        yes: "Report",
        reason: "What is wrong with it?",
        required: true,
        act: ({ reason }) => this.#client.report(message.id, reason),
        done: `Reported. Thank you: a moderator will look at what ${name} wrote.`,
      });
    },
    timeout: async (_, { id, name }) => {
      await this.#client.moderate("timeout", { user: id, seconds: TIMEOUT_S });
      return `${name} cannot write for 10 minutes.`;
    },
    purge: (message, { id, name }) =>
      askAbout(message, {
        title: `Remove all messages of ${name}?`,
        text: "Everything that they have said in this chat goes, for everybody and for good.",
        yes: "Remove all",
        act: () => this.#client.moderate("purge", { user: id }),
        done: `All messages of ${name} are removed.`,
      }),
    shadowban: (message, { id, name }) =>
      askAbout(message, {
        title: `Shadow ban ${name}?`,
        text: "They can go on writing, but only they themselves will see it.",
        yes: "Shadow ban",
        reason: "Reason (optional)",
        act: ({ reason }) => this.#client.moderate("shadowban", { user: id, reason }),
        done: `Nobody but ${name} sees from now on what they write.`,
      }),
    ban: (message, { id, name }) =>
      askAbout(message, {
        title: `Ban ${name}?`,
        text: "They are put out, and cannot come back while the ban holds.",
        yes: "Ban",
        reason: "Reason (optional)",
        ban: true,
        act: (fields) => this.#client.moderate("ban", { user: id, ...fields }),
        done: `${name} is banned.`,
      }),
  };
}

function sayWhy(error) {
  const known = error instanceof ChatError;
  toast(known ? refusal(error, error.leftS) : "Not connected: try again in a moment.");
}
