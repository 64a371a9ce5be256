// The moderators' panel of a room: what holds, what waits for a moderator, and what was done.
//
// It shows what the server says, fetched anew after each push that tells of a change, after each
// act, and now and then: words, shadow bans and settled reports are told to nobody.

import { auth } from "./auth.js";
import { part, repeat, setOptional, setText } from "./dom.js";
import { moderationOf } from "./moderation-api.js";
import { ModeratorDialog, SanctionDialog } from "./moderation-dialogs.js";
import {
  newRow,
  updateEntry,
  updateModerator,
  updateReport,
  updateSanction,
  updateWaiting,
} from "./moderation-rows.js";
import { Rules } from "./moderation-rules.js";
import { countText, LIFTS } from "./moderation-text.js";
import { Pager } from "./pager.js";
import { problemText } from "./problem.js";
import { connectTabs } from "./tabs.js";

const POLL_MS = 15_000;
/** Pushes come in bursts; one look shows them all. */
const GATHER_MS = 250;
const TELLING = new Set(["report", "pending", "resolved", "sanction", "role", "mode"]);
/** Somebody else did it first: what is wanted holds. */
const DONE_ALREADY = new Set(["message_not_found", "report_not_found", "pending_not_found"]);

/** Emits "count" {text} when another number of things waits for a moderator. */
export class ModerationPanel extends EventTarget {
  #root;
  #roomId;
  #api;
  #sells;
  #rules;
  #lists;
  #sanctionDialog;
  #moderatorDialog;
  #role = null;
  #modes = null;
  #awake = false;
  #open = true;
  #failurePasses = false;
  #refreshSoon = null;
  #gathering = null;

  #acts = {
    approve: ({ id }) => this.#act("approve", { pending: id }, { told: "Approved." }),
    reject: ({ id }) => this.#act("reject", { pending: id }, { told: "Rejected." }),
    delete: ({ message }) => this.#act("delete", { message }, { told: "The message is deleted." }),
    timeout: (report) => this.#askSanction({ person: authorOf(report), kind: "timeout" }),
    ban: (report) => this.#askSanction({ person: authorOf(report), kind: "ban" }),
    dismiss: ({ id }) => this.#try(() => this.#api.dismiss(id), { told: "Dismissed." }),
    lift: ({ kind, user }) => this.#act(LIFTS[kind], { user: user.id }, { told: "Lifted." }),
    remove: ({ user }) =>
      this.#act("role", { user: user.id, role: "member" }, { told: "No moderator any more." }),
  };

  /** `sells` resolves to whether the room's stream has tickets. */
  constructor(root, { roomId, sells }) {
    super();
    this.#root = root;
    this.#roomId = roomId;
    this.#sells = sells;
    this.#api = moderationOf(roomId);
    this.#rules = new Rules(root, (action, fields, how) => this.#act(action, fields, how));
    this.#sanctionDialog = new SanctionDialog(this.#api);
    this.#moderatorDialog = new ModeratorDialog(this.#api);
    const pager = (name, update) =>
      new Pager(part(root, `${name}-pager`), { load: this.#api[name], make: newRow, update });
    this.#lists = {
      waiting: pager("waiting", updateWaiting),
      reports: pager("reports", updateReport),
      sanctions: pager("sanctions", updateSanction),
      moderators: pager("moderators", (row, item) => {
        updateModerator(row, item, this.#role === "owner");
      }),
      log: pager("log", updateEntry),
    };
    this.#wire();
  }

  /** Show the room from now on: whoever is signed in moderates it. */
  wake() {
    if (this.#awake) return;
    this.#awake = true;
    if (this.#refreshSoon === null) this.#refreshSoon = repeat(() => this.#refresh(), () => POLL_MS);
    else this.#refreshNow();
  }

  /** Show nothing any more. */
  sleep() {
    if (!this.#awake) return;
    this.#awake = false;
    this.#role = this.#modes = null;
    for (const list of Object.values(this.#lists)) list.clear();
    this.#showCounts();
  }

  /** Whether anybody looks: while not, only what waits is counted. */
  set open(open) {
    this.#open = open;
    this.#fail("");
    if (open) this.#refreshNow();
  }

  /** Take a push of the room's chat. */
  take(push) {
    if (!this.#awake || push.room !== this.#roomId || !TELLING.has(push.push)) return;
    if (push.push === "mode") this.#showModes(push.modes);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = null;
      this.#refreshNow();
    }, GATHER_MS);
  }

  get #tab() {
    return this.#root.querySelector("[role=tab][aria-selected=true]").dataset.tab;
  }

  #refreshNow() {
    this.#refreshSoon?.();
  }

  #wire() {
    connectTabs(this.#root.querySelector("[role=tablist]"), () => {
      this.#fail("");
      this.#refreshNow();
    });
    this.#root.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-act]");
      if (button) this.#onRow(button);
    });
    part(this.#root, "add-sanction").addEventListener("click", () => this.#askSanction({}));
    part(this.#root, "add-moderator").addEventListener("click", async () => {
      this.#done(await this.#moderatorDialog.ask());
    });
  }

  async #refresh() {
    if (!this.#awake) return;
    const { waiting, reports } = this.#lists;
    await Promise.all([waiting.renew(), reports.renew(), this.#open ? this.#refreshShown() : null]);
    this.#showCounts();
  }

  async #refreshShown() {
    try {
      await this.#refreshRoom();
      await this.#refreshTab();
    } catch (error) {
      this.#fail(problemText(error), { passes: true });
      return;
    }
    if (this.#failurePasses) this.#fail("");
  }

  async #refreshRoom() {
    const { modes, role } = await this.#api.room();
    if (!this.#awake) return;
    this.#role = role;
    this.#showModes(modes);
    part(this.#root, "add-moderator").hidden = role !== "owner";
  }

  /** Lists say themselves what went wrong. */
  async #refreshTab() {
    const tab = this.#tab;
    if (tab === "rules") this.#rules.showWords(await this.#api.words());
    else if (tab === "log") await this.#lists.log.refresh();
    else if (tab !== "waiting" && tab !== "reports") await this.#lists[tab].renew();
  }

  async #showModes(modes) {
    this.#modes = modes;
    const sells = await this.#sells();
    if (modes !== this.#modes) return;
    this.#rules.showModes(modes, sells);
    const hint = "Turn on “Approve each message” under Rules, and messages wait here.";
    setText(part(this.#root, "approval-hint"), modes.approval ? "" : hint);
  }

  #showCounts() {
    const { waiting, reports } = this.#lists;
    const count = (list) => countText(list.items, list.hasMore);
    setOptional(part(this.#root, "waiting-count"), count(waiting));
    setOptional(part(this.#root, "reports-count"), count(reports));
    const all = [...(waiting.items ?? []), ...(reports.items ?? [])];
    const text = countText(all, waiting.hasMore || reports.hasMore);
    this.dispatchEvent(new CustomEvent("count", { detail: { text } }));
  }

  #act(action, fields, how) {
    return this.#try(() => this.#api.act(action, fields), how);
  }

  /** Do it; say `told`, or what went wrong unless the caller says so (`quiet`). Throws that. */
  async #try(work, { told = "Done.", quiet = false } = {}) {
    try {
      await work();
    } catch (error) {
      if (!quiet && !DONE_ALREADY.has(error.code)) this.#fail(problemText(error));
      this.#refreshNow();
      throw error;
    }
    this.#done(told);
  }

  async #askSanction({ person = null, kind }) {
    const isOffered = ({ id, role }) =>
      id !== auth.user?.id && (role === null || (role === "moderator" && this.#role === "owner"));
    this.#done(await this.#sanctionDialog.ask({ person, kind, isOffered }));
  }

  async #onRow(button) {
    const row = button.closest("li");
    const list = row.parentElement;
    const at = [...list.children].indexOf(row);
    if (row.dataset.busy) return;
    row.dataset.busy = "yes";
    try {
      await this.#acts[button.dataset.act](row.item);
    } catch {
      // it is told already
    } finally {
      delete row.dataset.busy;
    }
    await this.#lists[list.closest("[role=tabpanel]").id.replace("moderation-", "")].renew();
    this.#showCounts();
    if (!button.isConnected) this.#focusNear(list, at);
  }

  /** What had the focus is gone: go to what took its place. */
  #focusNear(list, at) {
    if (document.activeElement !== document.body) return;
    const row = list.children[Math.min(at, list.childElementCount - 1)];
    (row?.querySelector("[data-act]") ?? list.closest("[role=tabpanel]")).focus();
  }

  #done(told) {
    if (!told) return;
    this.#fail("");
    setText(part(this.#root, "said"), told);
    this.#refreshNow();
  }

  /** Say what went wrong; `passes`: until the next look at the room works. */
  #fail(text, { passes = false } = {}) {
    this.#failurePasses = passes;
    setOptional(part(this.#root, "failed"), text);
  }
}

const authorOf = ({ user, user_name: name }) => ({ id: user, name: name || "Somebody" });
