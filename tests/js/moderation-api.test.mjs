// A room's lists as the panel asks for them: pages with something in them, the queue in its order.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { moderationOf } from "../../server/pages/static/js/moderation-api.js";

const room = moderationOf("str_1");
let asked;
let answers;

/** Answer each request with the next of `answers`; keep what was asked. */
globalThis.fetch = async (url, { method, body }) => {
  const { pathname, searchParams } = new URL(url, "http://stage.example");
  if (pathname.includes("/auth/")) return new Response("{}", { status: 401 });
  asked.push({ method, path: pathname, ...Object.fromEntries(searchParams), body });
  return new Response(JSON.stringify(answers.shift()));
};

beforeEach(() => {
  asked = [];
  answers = [];
});

const page = (ids, next_cursor = null) => ({ items: ids.map((id) => ({ id })), next_cursor });
const idsOf = ({ items }) => items.map(({ id }) => id);

test("pages whose things are all over are passed by", async () => {
  answers = [page([], "c1"), page([], "c2"), page(["a"], "c3")];
  const found = await room.reports(null);
  assert.deepEqual(idsOf(found), ["a"]);
  assert.equal(found.next_cursor, "c3");
  assert.deepEqual(asked.map(({ cursor }) => cursor), [undefined, "c1", "c2"]);
});

test("a list that ends in pages with nothing is empty", async () => {
  answers = [page([], "c1"), page([])];
  assert.deepEqual(await room.log(null), { items: [], next_cursor: null });
});

test("a page further on is asked for by its cursor", async () => {
  answers = [page(["b"])];
  await room.log("c7");
  assert.equal(asked[0].path, "/api/v1/rooms/str_1/audit");
  assert.equal(asked[0].cursor, "c7");
});

test("what waits is all there, the oldest first", async () => {
  answers = [page(["d", "c"], "c1"), page(["b", "a"])];
  assert.deepEqual(await room.waiting(), { items: ["a", "b", "c", "d"].map((id) => ({ id })), next_cursor: null });
});

test("a user may have one sanction of each kind", async () => {
  const laid = (kind) => ({ kind, user: { id: "usr_1" } });
  answers = [{ items: [laid("ban"), laid("timeout")], next_cursor: null }];
  assert.deepEqual(idsOf(await room.sanctions(null)), ["usr_1:ban", "usr_1:timeout"]);
});

test("an act is sent with the fields that belong to it", async () => {
  answers = [{ offset: 1 }];
  await room.act("slow", { seconds: 5 });
  assert.equal(asked[0].method, "POST");
  assert.deepEqual(JSON.parse(asked[0].body), { action: "slow", seconds: 5 });
});

test("an id is a path's part, whatever is in it", async () => {
  answers = [null];
  await moderationOf("a/b").dismiss("c?d");
  assert.equal(asked[0].path, "/api/v1/rooms/a%2Fb/reports/c%3Fd");
});
