// Who is signed in. The access token lives in this module alone; the refresh token is a cookie
// that no script can read. No DOM: the forms and the header are account.js.

import { sendJson } from "./http.js";

const WAS_SIGNED_IN_KEY = "bandstand.signed-in";
const REFRESH_LOCK = "bandstand.refresh";
const REFRESH_BEFORE_EXPIRY_MS = 60_000;

function expiryOf(token) {
  // The second part of a JWT; a token we cannot read is refreshed when the server refuses it.
  try {
    const payload = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(payload)).exp * 1000;
  } catch {
    return Infinity;
  }
}

function wasSignedIn() {
  try {
    return localStorage.getItem(WAS_SIGNED_IN_KEY) === "yes";
  } catch {
    return true; // storage is denied: ask the server each time
  }
}

function rememberSignedIn(yes) {
  try {
    if (yes) localStorage.setItem(WAS_SIGNED_IN_KEY, "yes");
    else localStorage.removeItem(WAS_SIGNED_IN_KEY);
  } catch {
    // storage is denied, see above
  }
}

const refused = (error) => error.status === 401 || error.status === 403;

/** Emits "change" when somebody signs in or out. `user` is {id, email, name} or null. */
class Auth extends EventTarget {
  user = null;
  #token = null;
  #refreshing = null;
  #restored = null;

  /** Take up the session of an earlier visit; resolves when `user` is known. */
  restore() {
    this.#restored ??= wasSignedIn() ? this.#restoreOnce() : Promise.resolve();
    return this.#restored;
  }

  async #restoreOnce() {
    try {
      await this.refresh();
    } catch (error) {
      if (!refused(error)) this.#restored = null; // no answer: ask again when next needed
    }
  }

  /** Somebody has signed in or out in another tab: do the same here. */
  follow(signedIn) {
    if (!signedIn) this.#forget();
    else if (this.user === null) {
      this.#restored = null;
      this.restore();
    }
  }

  async login(email, password) {
    this.#accept(
      await sendJson("POST", "/auth/login", { body: { email, password, cookie: true } }),
    );
  }

  async register(name, email, password) {
    const body = { name, email, password, cookie: true };
    this.#accept(await sendJson("POST", "/auth/register", { body }));
  }

  async logout() {
    const token = this.#token;
    this.#forget();
    await sendJson("POST", "/auth/logout", { body: {}, token });
  }

  /** End every login of this user, here and elsewhere. Throws ApiError, and then nobody is out. */
  async logoutEverywhere() {
    await sendJson("POST", "/auth/logout-everywhere", { body: {}, token: await this.token() });
    this.#forget();
  }

  /** A token that is good for a while yet, or null for a guest. */
  async token() {
    await this.restore();
    if (this.#token && expiryOf(this.#token) - Date.now() < REFRESH_BEFORE_EXPIRY_MS) {
      // Refused: #token is gone by now. No answer: it may still be good, and the call will tell.
      await this.refresh().catch(() => null);
    }
    return this.#token;
  }

  /** A new token for the cookie's session. A refusal signs out; no answer at all does not. */
  refresh() {
    this.#refreshing ??= this.#refreshOnce().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refreshOnce() {
    const ask = () => sendJson("POST", "/auth/refresh", { body: {} });
    try {
      // Each refresh uses up its cookie, so two tabs must not send the same one. Locks exist
      // in secure contexts only; elsewhere this is a small risk of having to sign in again.
      const answer = navigator.locks
        ? await navigator.locks.request(REFRESH_LOCK, ask)
        : await ask();
      this.#accept(answer);
    } catch (error) {
      if (refused(error)) this.#forget();
      throw error;
    }
  }

  #accept({ user, access_token: token }) {
    const changed = this.user?.id !== user.id;
    this.user = user;
    this.#token = token;
    this.#restored = Promise.resolve();
    rememberSignedIn(true);
    if (changed) this.dispatchEvent(new Event("change"));
  }

  #forget() {
    const changed = this.user !== null;
    this.user = null;
    this.#token = null;
    rememberSignedIn(false);
    if (changed) this.dispatchEvent(new Event("change"));
  }
}

export const auth = new Auth();
// Only other tabs' changes are told.
globalThis.addEventListener?.("storage", ({ key, newValue }) => {
  if (key === WAS_SIGNED_IN_KEY) auth.follow(newValue === "yes");
});
