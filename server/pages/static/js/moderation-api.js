// The REST calls of a room's moderators.

import { call } from "./api.js";

const PAGE_LIMIT = 30;
/** The most that the server gives at once; twice as many messages may wait. */
const MAX_PAGE_LIMIT = 100;

/** One page that has something in it, if any has: what is over is left out of the server's. */
async function filledPage(path, cursor, limit = PAGE_LIMIT) {
  const query = new URLSearchParams({ limit });
  let next = cursor;
  let page;
  do {
    if (next) query.set("cursor", next);
    page = await call("GET", `${path}?${query}`);
    next = page.next_cursor;
  } while (page.items.length === 0 && next);
  return page;
}

/** The same page, with an id for each thing. */
const identified = ({ items, next_cursor }, idOf) => ({
  items: items.map((item) => ({ ...item, id: idOf(item) })),
  next_cursor,
});

/**
 * All of a short list as one page, the oldest first: what comes goes to its end, and nothing moves
 * away under the hand that is about to press.
 */
async function oldestFirst(path) {
  const items = [];
  let cursor = null;
  do {
    const page = await filledPage(path, cursor, MAX_PAGE_LIMIT);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return { items: items.reverse(), next_cursor: null };
}

/** The calls for one room; lists are fetched page by page: (cursor) -> {items, next_cursor}. */
export function moderationOf(roomId) {
  const path = `/rooms/${encodeURIComponent(roomId)}`;
  const list = (name, cursor) => filledPage(`${path}/${name}`, cursor);
  return {
    /** {modes: {slow_s, ticket_holders, emote_only, approval}, role, …}. */
    room: () => call("GET", path),
    /** Do what only moderators may: an action, with the fields that belong to it. */
    act: (action, fields = {}) => call("POST", `${path}/moderate`, { action, ...fields }),
    waiting: () => oldestFirst(`${path}/pending`),
    reports: (cursor) => list("reports", cursor),
    dismiss: (report) => call("DELETE", `${path}/reports/${encodeURIComponent(report)}`),
    sanctions: async (cursor) =>
      identified(await list("bans", cursor), ({ user, kind }) => `${user.id}:${kind}`),
    moderators: async (cursor) => identified(await list("roles", cursor), ({ user }) => user.id),
    log: (cursor) => list("audit", cursor),
    words: async () => (await call("GET", `${path}/words`)).words,
    /** Whom one may name: [{id, name, role, present}]. */
    people: async () => (await call("GET", `${path}/people`)).items,
  };
}
