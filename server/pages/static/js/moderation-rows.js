// The rows of a moderator's lists: what waits, reports, sanctions, moderators, the log.

import { cloneOf, part, setOptional } from "./dom.js";
import { clock, moment } from "./format.js";
import { actLine, kindText, quote, sanctionNote } from "./moderation-text.js";

const DAY_MS = 86_400_000;

/** A new row; `button.dataset.act` says what each of its buttons is for, `row.item` of what. */
export function newRow() {
  return cloneOf("moderation-row");
}

function showTime(row, time) {
  const element = part(row, "at");
  element.dateTime = time;
  element.title = moment(time);
  const isRecent = Date.now() - Date.parse(time) < DAY_MS;
  setOptional(element, isRecent ? clock(time) : moment(time));
}

function showTag(row, text, tone = "") {
  const tag = part(row, "tag");
  tag.dataset.tone = tone;
  setOptional(tag, text);
}

/** Offer these acts {act: [label, what it is done to, tone?]} and no others. */
function offer(row, acts) {
  const place = part(row, "actions");
  const wanted = Object.keys(acts).join(" ");
  if (place.dataset.offered === wanted) return;
  place.dataset.offered = wanted;
  place.replaceChildren(
    ...Object.entries(acts).map(([act, [label, object, tone = "quiet"]]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `button small ${tone}`;
      button.dataset.act = act;
      button.textContent = label;
      button.setAttribute("aria-label", `${label}: ${object}`);
      return button;
    }),
  );
}

const nameOf = (name) => name || "Somebody";

export function updateWaiting(row, item) {
  row.item = item;
  setOptional(part(row, "name"), nameOf(item.user.name));
  showTime(row, item.at);
  setOptional(part(row, "text"), item.content);
  const object = `${nameOf(item.user.name)}, ${quote(item.content)}`;
  offer(row, { approve: ["Approve", object, "primary"], reject: ["Reject", object] });
}

export function updateReport(row, item) {
  row.item = item;
  const author = nameOf(item.user_name);
  setOptional(part(row, "name"), author);
  showTime(row, item.at);
  showTag(row, item.deleted ? "Deleted" : "");
  setOptional(part(row, "text"), item.content);
  setOptional(part(row, "note"), `Reported by ${nameOf(item.by.name)}: ${item.reason}`);
  const object = `${author}, ${quote(item.content)}`;
  offer(row, {
    ...(item.deleted ? {} : { delete: ["Delete", object, "danger"] }),
    timeout: ["Time out", author],
    ban: ["Ban", author],
    dismiss: ["Dismiss", object],
  });
}

export function updateSanction(row, item) {
  row.item = item;
  setOptional(part(row, "name"), nameOf(item.user.name));
  showTag(row, kindText(item), item.kind === "timeout" ? "" : "bad");
  setOptional(part(row, "text"), item.reason);
  setOptional(part(row, "note"), sanctionNote(item));
  offer(row, { lift: ["Lift", `${kindText(item)}, ${nameOf(item.user.name)}`] });
}

/** `mayRemove`: whether the reader is the owner, who alone names moderators. */
export function updateModerator(row, item, mayRemove) {
  row.item = item;
  setOptional(part(row, "name"), nameOf(item.user.name));
  const isOwner = item.role === "owner";
  showTag(row, isOwner ? "Owner" : "Moderator", isOwner ? "good" : "");
  setOptional(part(row, "note"), item.since ? `since ${moment(item.since)}` : "");
  offer(row, mayRemove && !isOwner ? { remove: ["Remove", nameOf(item.user.name)] } : {});
}

export function updateEntry(row, item) {
  row.item = item;
  showTime(row, item.at);
  setOptional(part(row, "text"), actLine(item));
}
