// The chat panel: shows what a ChatClient tells, and sends what is typed.

import { askToSignIn } from "./account.js";
import { auth } from "./auth.js";
import { ChatClient } from "./chat.js";
import { appendWithLinks, ChatLog } from "./chat-log.js";
import { cloneOf, part, setOptional } from "./dom.js";
import { count } from "./format.js";

const HISTORY_PAGE_MESSAGES = 50;
const MAX_MESSAGE_CHARS = 2_000;
const CALM_BEFORE_STATUS_MS = 1_500;
const COME_IN_GAP_MS = 3_000;

const FLOODING = "Too many messages at once. Chat comes back in half a minute.";
const RECONNECTING = "Reconnecting to chat…";

const CLOSED_REASONS = {
  forbidden: "You have no access to this chat any more.",
  licence_required: "Chat opens with your ticket.",
  licence_revoked: "Your ticket is no longer valid, and its seat in the chat is gone.",
  banned: "You cannot take part in this chat.",
  not_found: "This stream has no chat.",
  replaced: "Chat went on in another window.",
};

function chatUrl() {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/** Why a message was refused, as a sentence. */
function refusal(error) {
  return error.retryAfterS
    ? `${error.message} Wait ${Math.ceil(error.retryAfterS)} s.`
    : error.message;
}

/** Closed for want of a ticket: it opens again when there is one. */
const WANTS_TICKET = new Set(["licence_required", "licence_revoked", "forbidden"]);

/** Emits "putout" when the room has put this listener out, or does not let them in. */
export class ChatView extends EventTarget {
  #root;
  #log;
  #client;
  #statusTimer = null;
  #closedFor = null;
  #cameInAt = -Infinity;

  constructor(root, room) {
    super();
    this.#root = root;
    this.#client = new ChatClient({
      room,
      getToken: () => auth.token().catch(() => null),
      refreshToken: () =>
        auth
          .refresh()
          .then(() => auth.token())
          .catch(() => null),
      makeSocket: (subprotocol) => new WebSocket(chatUrl(), subprotocol),
    });
    this.#log = new ChatLog(root, () => this.#loadEarlier());
    this.#listen();
    this.#wireForm();
    this.#client.connect();
  }

  /** There may be the ticket by now that was wanting: try again, but not in a rush. */
  comeIn() {
    if (!WANTS_TICKET.has(this.#closedFor)) return;
    if (Date.now() - this.#cameInAt < COME_IN_GAP_MS) return;
    this.#cameInAt = Date.now();
    this.#client.reconnect();
  }

  #listen() {
    const client = this.#client;
    client.addEventListener("messages", ({ detail }) => this.#log.take(detail));
    client.addEventListener("pending", ({ detail }) => this.#showPending(detail.pending));
    client.addEventListener("state", ({ detail }) => this.#showState(detail));
    client.addEventListener("members", ({ detail }) => {
      setOptional(part(this.#root, "members"), `${count(detail.count)} here`);
    });
    auth.addEventListener("change", () => client.reconnect());
    window.addEventListener("online", () => client.check());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) client.check();
    });
  }

  #wireForm() {
    const form = part(this.#root, "form");
    const input = form.elements.content;
    input.maxLength = MAX_MESSAGE_CHARS;
    const grow = () => {
      input.style.height = "auto";
      input.style.height = `${input.scrollHeight}px`;
    };
    input.addEventListener("input", grow);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (input.value.trim() === "") return;
      if (!auth.user && !(await askToSignIn("Sign in to say something"))) return;
      if (!this.#client.send(input.value.trim())) {
        this.#say("Earlier messages are still on their way.");
        return;
      }
      input.value = "";
      grow();
      this.#log.toBottom();
      input.focus();
    });
  }

  #showPending(pending) {
    const rows = pending.map((entry) => {
      const row = cloneOf("chat-pending");
      row.classList.toggle("refused", Boolean(entry.error));
      appendWithLinks(part(row, "text"), entry.content);
      part(row, "fate").textContent = entry.error ? refusal(entry.error) : "";
      part(row, "again").hidden = part(row, "drop").hidden = !entry.error;
      part(row, "again").addEventListener("click", () => this.#client.sendAgain(entry));
      part(row, "drop").addEventListener("click", () => this.#client.discard(entry));
      return row;
    });
    this.#log.keepingPlace(() => part(this.#root, "pending").replaceChildren(...rows));
  }

  #showState({ state, reason }) {
    clearTimeout(this.#statusTimer);
    this.#closedFor = state === "closed" ? reason : null;
    if (state === "open") {
      this.#say("");
      part(this.#root, "form").hidden = false;
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
    this.#say(CLOSED_REASONS[reason] ?? "Chat is closed.");
    part(this.#root, "form").hidden = reason !== "replaced";
    part(this.#root, "members").hidden = true;
    if (reason !== "replaced") return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = "Chat here";
    button.addEventListener("click", () => this.#client.reconnect());
    part(this.#root, "status").append(" ", button);
  }

  #say(text) {
    setOptional(part(this.#root, "status"), text);
  }

  async #loadEarlier() {
    const { messages, more } = await this.#client.history(
      this.#log.oldestOffset,
      HISTORY_PAGE_MESSAGES,
    );
    this.#log.prepend(messages, more);
  }
}
