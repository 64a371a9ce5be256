// Where a message is written: the input with what it answers or changes, and what holds it back.

import { auth } from "./auth.js";
import { ChatError } from "./chat-link.js";
import { mentionsIn, MentionList } from "./chat-mention.js";
import { snippet } from "./chat-row.js";
import { refusal, wait } from "./chat-words.js";
import { part, setOptional, setText } from "./dom.js";

const MAX_MESSAGE_CHARS = 2_000;
const COUNT_FROM_CHARS = 1_800;
const EDIT_WINDOW_MS = 15 * 60_000;
const COUNTDOWN_MS = 250;
/** Refusals that are over when their time is: the button counts down. */
const HOLDING_BACK = new Set(["slow_mode", "rate_limited", "timed_out"]);

/** Some seconds as they fit in the button: "45", "10m", "2h". */
function shortly(seconds) {
  if (seconds < 100) return seconds === 0 ? "" : String(seconds);
  return seconds < 6_000 ? `${Math.ceil(seconds / 60)}m` : `${Math.ceil(seconds / 3_600)}h`;
}

const characters = (text) => (text.length < COUNT_FROM_CHARS ? text.length : [...text].length);

/** Whether the reader may (still) change this message. */
export function isEditable(message, room, now = Date.now()) {
  const mine = room.me !== null && message.user.id === room.me.id;
  return mine && !message.deleted && now - message.atMs < EDIT_WINDOW_MS;
}

/** Emits "sent" when a message is on its way. */
export class Composer extends EventTarget {
  #root;
  #form;
  #input;
  #client;
  #signIn;
  #about = null;
  #draft = "";
  #until = 0;
  #holding = null;
  #ticking = null;

  /** `signIn(reason)` is true once somebody is signed in. */
  constructor(root, client, signIn) {
    super();
    this.#root = root;
    this.#client = client;
    this.#signIn = signIn;
    this.#form = part(root, "form");
    this.#input = this.#form.elements.content;
    new MentionList(part(root, "mentions"), this.#input, () => this.#others());
    this.#wire();
  }

  /** Begin an answer to a message. */
  reply(message) {
    this.#begin({ kind: "reply", message }, `Reply to ${message.user.name}`);
  }

  /** Begin to change a message of one's own. */
  edit(message) {
    if (this.#about?.kind !== "edit") this.#draft = this.#input.value;
    this.#begin({ kind: "edit", message }, "Edit message");
    this.#setText(message.content);
  }

  /** The room has changed: what is being answered or edited may be gone. */
  draw() {
    const { room } = this.#client;
    if (this.#about && room.timeline.find(this.#about.message.id)?.deleted) this.#cancel();
    const sanction = room.moderates ? null : room.sanction;
    if (sanction?.until) this.#hold(Date.parse(sanction.until), "timed_out");
    else if (this.#holding === "timed_out") this.#hold(0);
    this.#input.readOnly = sanction !== null;
  }

  /** A message was taken: in slow mode the next one has to wait. */
  taken() {
    const { room } = this.#client;
    if (room.modes.slow_s > 0 && !room.moderates) {
      this.#hold(Date.now() + room.modes.slow_s * 1000, "slow_mode");
    }
  }

  /** A message was refused. */
  refused(error) {
    if (!HOLDING_BACK.has(error.code) || error.leftS === 0) return;
    this.#hold(Date.now() + error.leftS * 1000, error.code);
  }

  #wire() {
    this.#input.addEventListener("input", () => {
      this.#grow();
      if (auth.user && this.#input.value.trim() !== "" && this.#about?.kind !== "edit") {
        this.#client.typing();
      }
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    part(this.#root, "bar-cancel").addEventListener("click", () => this.#cancel());
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#form.requestSubmit();
    } else if (event.key === "Escape" && this.#about) {
      event.preventDefault();
      this.#cancel();
    } else if (event.key === "ArrowUp" && this.#input.value === "") {
      const { room } = this.#client;
      const last = room.timeline.items.findLast((message) => isEditable(message, room));
      if (last === undefined) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  async #submit() {
    const text = this.#input.value.trim();
    if (text === "" || this.#input.readOnly) return;
    if (characters(text) > MAX_MESSAGE_CHARS) return;
    if (!auth.user && !(await this.#signIn("Sign in to say something"))) return;
    if (this.#about?.kind === "edit") await this.#saveEdit(text);
    else if (this.#leftS > 0) this.#hint(refusal({ code: this.#holding }, this.#leftS));
    else this.#send(text);
    this.#input.focus();
  }

  #send(text) {
    const replyTo = this.#about?.message.id;
    const mentions = mentionsIn(text, this.#others());
    if (!this.#client.send(text, { replyTo, mentions })) {
      this.#hint("Earlier messages are still on their way.");
      return;
    }
    this.#about = null;
    this.#showBar("");
    this.#setText("");
    this.dispatchEvent(new Event("sent"));
  }

  async #saveEdit(text) {
    const { message } = this.#about;
    try {
      if (text !== message.content) await this.#client.edit(message.id, text);
    } catch (error) {
      const lost = !(error instanceof ChatError);
      this.#hint(lost ? "Not connected: try again in a moment." : refusal(error, error.leftS));
      return;
    }
    if (this.#about?.message === message) this.#cancel();
  }

  #others() {
    const { room } = this.#client;
    return room.timeline.speakers().filter(({ id }) => id !== room.me?.id);
  }

  #begin(about, title) {
    if (this.#about?.kind === "edit" && about.kind !== "edit") this.#cancel();
    this.#about = about;
    this.#showBar(title, snippet(about.message));
    this.#input.focus();
  }

  #cancel() {
    const edited = this.#about?.kind === "edit";
    this.#about = null;
    this.#showBar("");
    if (edited) this.#setText(this.#draft);
    this.#draft = "";
    this.#input.focus();
  }

  #showBar(title, quoted = "") {
    part(this.#root, "bar").hidden = title === "";
    setText(part(this.#root, "bar-title"), title);
    setText(part(this.#root, "bar-text"), quoted);
  }

  #setText(text) {
    this.#input.value = text;
    this.#grow();
  }

  #grow() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
    const length = characters(this.#input.value);
    const over = length > MAX_MESSAGE_CHARS;
    this.#hint(length >= COUNT_FROM_CHARS ? `${length} / ${MAX_MESSAGE_CHARS}` : "");
    part(this.#root, "hint").classList.toggle("over", over);
    this.#input.setAttribute("aria-invalid", String(over));
  }

  #hint(text) {
    setOptional(part(this.#root, "hint"), text);
  }

  get #leftS() {
    return Math.max(0, (this.#until - Date.now()) / 1000);
  }

  /** Hold messages back until a time, and count down to it on the button. */
  #hold(untilMs, why = null) {
    this.#until = untilMs;
    this.#holding = why;
    clearInterval(this.#ticking);
    this.#ticking = setInterval(() => this.#tick(), COUNTDOWN_MS);
    this.#tick();
  }

  #tick() {
    const left = Math.ceil(this.#leftS);
    const button = part(this.#form, "send");
    setOptional(part(button, "countdown"), shortly(left));
    button.classList.toggle("waits", left > 0);
    button.setAttribute("aria-label", left > 0 ? `Send: wait ${wait(left)}` : "Send");
    if (left > 0) return;
    clearInterval(this.#ticking);
    this.#holding = null;
  }
}
