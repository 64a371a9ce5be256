// The chat panel: shows what a ChatClient tells, and has done what is asked for.

import { askToSignIn } from "./account.js";
import { auth } from "./auth.js";
import { MessageActions } from "./chat-actions.js";
import { Composer } from "./chat-composer.js";
import { ChatLog } from "./chat-log.js";
import { MessageMenu } from "./chat-menu.js";
import { PendingList } from "./chat-pending.js";
import { PinStrip, RoomLines } from "./chat-strip.js";
import { ChatClient } from "./chat.js";
import { part, setOptional, toast } from "./dom.js";
import { count } from "./format.js";

const HISTORY_PAGE_MESSAGES = 50;
const CALM_BEFORE_STATUS_MS = 1_500;
const COME_IN_GAP_MS = 3_000;

const FLOODING = "Too many messages at once. Chat comes back in half a minute.";
const RECONNECTING = "Reconnecting to chat…";

const CLOSED_REASONS = {
  forbidden: "You have no access to this chat any more.",
  licence_required: "Chat opens with your ticket.",
  licence_revoked: "Your ticket is no longer valid, and its seat in the chat is gone.",
  banned: "You are banned from this chat.",
  not_found: "This stream has no chat.",
  replaced: "Chat went on in another window.",
};
const CHANGED_ROLES = {
  moderator: "You are a moderator of this chat now.",
  member: "You are no moderator of this chat any more.",
};
/** Closed for want of a ticket: it opens again when there is one. */
const WANTS_TICKET = new Set(["licence_required", "licence_revoked", "forbidden"]);

function chatUrl() {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/** A client of a room for whoever is signed in on this page; it is not connected yet. */
export function openClient(room) {
  return new ChatClient({
    room,
    getToken: () => auth.token().catch(() => null),
    refreshToken: () =>
      auth
        .refresh()
        .then(() => auth.token())
        .catch(() => null),
    makeSocket: (subprotocol) => new WebSocket(chatUrl(), subprotocol),
  });
}

/**
 * Emits "putout" when the room has put this listener out, or does not let them in, and the client's
 * "push" {push}.
 */
export class ChatView extends EventTarget {
  /** The ChatClient, for what else wants to hear of the room. */
  client;

  #root;
  #log;
  #composer;
  #pins;
  #lines;
  #pending;
  #frame = null;
  #statusTimer = null;
  #closedFor = null;
  #cameInAt = -Infinity;

  constructor(root, room) {
    super();
    this.#root = root;
    this.client = openClient(room);
    const signIn = (reason) => (auth.user ? Promise.resolve(true) : askToSignIn(reason));
    this.#log = new ChatLog(root, this.client.room, () => this.#loadEarlier());
    this.#composer = new Composer(root, this.client, signIn);
    const actions = new MessageActions(this.client, this.#composer, signIn);
    new MessageMenu(root, this.#log.list, this.client.room, actions);
    this.#pins = new PinStrip(root, {
      reveal: (id) => this.#reveal(id),
      unpin: (message) => actions.do("unpin", message),
    });
    this.#lines = new RoomLines(root, this.client.room, () => this.#drawSoon());
    this.#pending = new PendingList(part(root, "pending"), this.client, (work) =>
      this.#log.keepingPlace(work),
    );
    this.#listen();
    this.client.connect();
  }

  /** There may be the ticket by now that was wanting: try again, but not in a rush. */
  comeIn() {
    if (!WANTS_TICKET.has(this.#closedFor)) return;
    if (Date.now() - this.#cameInAt < COME_IN_GAP_MS) return;
    this.#cameInAt = Date.now();
    this.client.reconnect();
  }

  #listen() {
    const { client } = this;
    client.addEventListener("change", () => this.#drawSoon());
    client.addEventListener("state", ({ detail }) => this.#showState(detail));
    client.addEventListener("sent", () => this.#composer.taken());
    client.addEventListener("pending", ({ detail }) => {
      for (const { error } of detail.pending) if (error) this.#composer.refused(error);
      this.#pending.draw();
    });
    client.addEventListener("push", ({ detail: { push } }) => {
      const mine = push.push === "role" && (!push.user || push.user.id === client.room.me?.id);
      if (mine && CHANGED_ROLES[push.role]) toast(CHANGED_ROLES[push.role]);
      this.dispatchEvent(new CustomEvent("push", { detail: { push } }));
    });
    this.#composer.addEventListener("sent", () => this.#log.toBottom());
    this.#log.list.addEventListener("click", ({ target }) => {
      const quoted = target.closest("[data-quote]")?.dataset.quote;
      if (quoted) this.#reveal(quoted);
    });
    auth.addEventListener("change", () => client.reconnect());
    window.addEventListener("online", () => client.check());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) client.check();
    });
  }

  /** Once a frame at most, however much comes; not at all while nobody sees it. */
  #drawSoon() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#draw();
    });
  }

  #draw() {
    const { room } = this.client;
    this.#log.keepingPlace(() => {
      this.#pins.draw(room);
      this.#lines.draw();
    });
    this.#log.draw();
    this.#composer.draw();
    setOptional(part(this.#root, "members"), `${count(room.members)} here`);
  }

  #showState({ state, reason }) {
    clearTimeout(this.#statusTimer);
    this.#closedFor = state === "closed" ? reason : null;
    if (state === "open") {
      this.#say("");
      part(this.#root, "foot").hidden = false;
    } else if (state === "closed") {
      this.#sayClosed(reason);
      this.dispatchEvent(new Event("putout"));
    } else {
      // A short gap needs no words.
      const text = reason === "flooding" ? FLOODING : RECONNECTING;
      this.#statusTimer = setTimeout(() => this.#say(text), CALM_BEFORE_STATUS_MS);
    }
  }

  #sayClosed(reason) {
    const why = reason === "banned" ? this.client.room.sanction?.reason : null;
    this.#say((CLOSED_REASONS[reason] ?? "Chat is closed.") + (why ? ` Reason: ${why}` : ""));
    part(this.#root, "foot").hidden = reason !== "replaced";
    part(this.#root, "members").hidden = true;
    if (reason !== "replaced") return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = "Chat here";
    button.addEventListener("click", () => this.client.reconnect());
    part(this.#root, "status").append(" ", button);
  }

  #say(text) {
    setOptional(part(this.#root, "status"), text);
  }

  async #reveal(id) {
    if (!(await this.#log.reveal(id))) toast("That message is too far up to show.");
  }

  async #loadEarlier() {
    const { timeline } = this.client.room;
    const page = await this.client.history(timeline.oldestOffset, HISTORY_PAGE_MESSAGES);
    timeline.prepend(page.messages, page.more);
  }
}
