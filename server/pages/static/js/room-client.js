// A chat client for a room, as whoever is signed in on this page.

import { auth } from "./auth.js";
import { ChatClient } from "./chat.js";

function chatUrl() {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

const currentToken = () => auth.token().catch(() => null);

async function freshToken() {
  try {
    await auth.refresh();
    return await auth.token();
  } catch {
    return null; // signed out meanwhile, or the server is away: go on as a guest
  }
}

/** A client that follows who is signed in, and looks after a connection that may have died unseen. */
export function roomClient(room) {
  const client = new ChatClient({
    room,
    getToken: currentToken,
    refreshToken: freshToken,
    makeSocket: (subprotocol) => new WebSocket(chatUrl(), subprotocol),
  });
  auth.addEventListener("change", () => client.reconnect());
  window.addEventListener("online", () => client.check());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) client.check();
  });
  return client;
}
