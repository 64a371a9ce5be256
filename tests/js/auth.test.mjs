// The session of a page: taken up silently, refreshed once for many, and ended by a refusal only.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const USER = { id: "usr_1", email: "a@stage.test", name: "Ada" };
const storage = new Map();
let requests = [];
let answers = [];
let loads = 0;

globalThis.localStorage = {
  getItem: (key) => storage.get(key) ?? null,
  setItem: (key, value) => storage.set(key, value),
  removeItem: (key) => storage.delete(key),
};
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
globalThis.fetch = async (url, options) => {
  requests.push({ url, ...options });
  const answer = answers.shift();
  assert.ok(answer, `unexpected request: ${options.method} ${url}`);
  if (answer === "down") throw new TypeError("failed to fetch");
  return new Response(answer.body === undefined ? null : JSON.stringify(answer.body), answer);
};

function token(lifetimeS, name = "t") {
  const payload = { exp: Math.floor(Date.now() / 1000) + lifetimeS, name };
  return `h.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.s`;
}

const session = (access) => ({ status: 200, body: { user: USER, access_token: access } });
const refusal = { status: 401, body: { error: { code: "invalid_token", message: "No." } } };

/** The module as a page that has just been opened has it. */
async function freshAuth({ wasSignedIn = true } = {}) {
  storage.clear();
  if (wasSignedIn) storage.set("bandstand.signed-in", "yes");
  const { auth } = await import(`../../server/pages/static/js/auth.js?${++loads}`);
  return auth;
}

beforeEach(() => {
  requests = [];
  answers = [];
});

test("a newcomer is a guest, and nothing is asked", async () => {
  const auth = await freshAuth({ wasSignedIn: false });
  assert.equal(await auth.token(), null);
  assert.deepEqual(requests, []);
});

test("an earlier session is taken up with one request, however many need it", async () => {
  const auth = await freshAuth();
  const access = token(900);
  answers = [session(access)];
  const tokens = await Promise.all([auth.token(), auth.token(), auth.restore()]);
  assert.deepEqual(tokens.slice(0, 2), [access, access]);
  assert.equal(auth.user.name, "Ada");
  assert.equal(requests.length, 1);
  assert.equal(requests[0].url, "/api/v1/auth/refresh");
  assert.equal(requests[0].credentials, "same-origin");
});

test("signing in asks for the cookie and says that somebody changed", async () => {
  const auth = await freshAuth({ wasSignedIn: false });
  let changes = 0;
  auth.addEventListener("change", () => {
    changes += 1;
  });
  answers = [session(token(900))];
  await auth.login("a@stage.test", "secret");
  assert.deepEqual(JSON.parse(requests[0].body), {
    email: "a@stage.test",
    password: "secret",
    cookie: true,
  });
  assert.equal(changes, 1);
  assert.equal(storage.get("bandstand.signed-in"), "yes");
});

test("a token that is about to expire is changed before it is used", async () => {
  const auth = await freshAuth();
  const later = token(900, "later");
  answers = [session(token(30)), session(later)];
  assert.equal(await auth.token(), later);
});

test("a refusal signs out, and is not asked for again", async () => {
  const auth = await freshAuth();
  answers = [refusal];
  assert.equal(await auth.token(), null);
  assert.equal(await auth.token(), null);
  assert.equal(requests.length, 1);
  assert.equal(storage.get("bandstand.signed-in"), undefined);
});

test("no answer is no refusal: the session is taken up when the server is back", async () => {
  const auth = await freshAuth();
  const access = token(900);
  answers = ["down", session(access)];
  assert.equal(await auth.token(), null);
  assert.equal(storage.get("bandstand.signed-in"), "yes");
  assert.equal(await auth.token(), access);
});

test("signing out holds here even when the server cannot be told", async () => {
  const auth = await freshAuth();
  answers = [session(token(900)), "down"];
  await auth.token();
  await assert.rejects(auth.logout(), { code: "unreachable" });
  assert.equal(auth.user, null);
  assert.equal(await auth.token(), null);
});

test("signing in and out in another tab is followed", async () => {
  const auth = await freshAuth({ wasSignedIn: false });
  const names = [];
  const changed = () =>
    new Promise((resolve) => auth.addEventListener("change", resolve, { once: true }));
  auth.addEventListener("change", () => names.push(auth.user?.name ?? null));
  assert.equal(await auth.token(), null);
  storage.set("bandstand.signed-in", "yes");
  answers = [session(token(900))];
  const signedIn = changed();
  auth.follow(true);
  await signedIn;
  auth.follow(true);
  auth.follow(false);
  assert.deepEqual(names, ["Ada", null]);
  assert.equal(requests.length, 1);
});

test("signing out everywhere is told to the server with a good token, and holds here", async () => {
  const auth = await freshAuth();
  const access = token(900);
  answers = [session(access), { status: 204 }];
  await auth.restore();
  await auth.logoutEverywhere();
  assert.match(requests[1].url, /\/auth\/logout-everywhere$/);
  assert.equal(requests[1].headers.Authorization, `Bearer ${access}`);
  assert.equal(auth.user, null);
  assert.equal(await auth.token(), null);
});

test("signing out everywhere that the server has not heard leaves everybody in", async () => {
  const auth = await freshAuth();
  answers = [session(token(900)), "down"];
  await auth.restore();
  await assert.rejects(auth.logoutEverywhere(), { code: "unreachable" });
  assert.equal(auth.user.name, "Ada");
});
