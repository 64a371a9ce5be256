// The REST calls of the pages, signed when somebody is signed in.

import { auth } from "./auth.js";
import { sendJson } from "./http.js";

async function call(method, path, body) {
  const token = await auth.token();
  try {
    return await sendJson(method, path, { body, token });
  } catch (error) {
    if (error.status !== 401 || token === null) throw error;
    await auth.refresh();
    return sendJson(method, path, { body, token: await auth.token() });
  }
}

/**
 * The path of an address of ours. The server names itself by its public URL; a page that was
 * opened under another name of it (localhost, say) may fetch from its own origin only.
 */
function sameOrigin(address) {
  const { pathname, search } = new URL(address, location.href);
  return pathname + search;
}

const streamPath = (id) => `/streams/${encodeURIComponent(id)}`;

export const api = {
  /** [{id, title, owner: {id, name}, status, viewers, started_at, ended_at}], first page. */
  liveStreams: async () => (await call("GET", "/streams?live=true&limit=60")).items,
  restingStreams: async () => (await call("GET", "/streams?live=false&limit=24")).items,
  ownStreams: async () => (await call("GET", "/streams?mine=true&limit=100")).items,
  stream: (id) => call("GET", streamPath(id)),
  createStream: (title, description) =>
    call("POST", "/streams", { title, description: description || undefined, access: "public" }),
  editStream: (id, changes) => call("PATCH", streamPath(id), changes),
  stopStream: (id) => call("POST", `${streamPath(id)}/stop`, {}),
  rotateKey: (id) => call("POST", `${streamPath(id)}/key`, {}),
  /** Where to play a stream from; asked anew for each try, as each is a session of its own. */
  playbackUrl: async (id) => sameOrigin((await call("GET", `${streamPath(id)}/playback`)).hls_url),
};
