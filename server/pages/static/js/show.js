// The page of a stream: keeps the stage in step with the stream's status, offers the ticket where
// one is needed, and opens the chat.

import { Admission } from "./admission.js";
import { api } from "./api.js";
import { auth } from "./auth.js";
import { ChatView } from "./chat-view.js";
import { copyText, part, repeat, setBadge, setOptional, setText, toast } from "./dom.js";
import { plural, since } from "./format.js";
import { Offers } from "./offers.js";
import { wasRefunded } from "./order.js";
import { Stage } from "./stage.js";
import { StreamWatch } from "./stream-watch.js";
import { curtainWords } from "./ticket.js";

const POLL_LIVE_MS = 10_000;
const POLL_RESTING_MS = 3_000;
const POLL_WITHOUT_TICKET_MS = 4_000;
/** While the server tells what happens, asking is for what it does not tell. */
const POLL_TOLD_MS = 60_000;
/** All listeners hear of a start at once, and must not all ask for the show at once. */
const LOOK_SPREAD_MS = 3_000;

const root = document.querySelector("[data-stream-id]");
const { streamId } = root.dataset;
const admission = new Admission({
  askPlayback: () => api.playbackUrl(streamId),
  listProducts: () => api.tickets(streamId),
  askRefunded: async () => wasRefunded((await api.orders("buyer")).items, streamId),
});
const stage = new Stage(part(root, "stage"), {
  streamId,
  source: () => admission.playback(),
});
const offers = new Offers(part(root, "offers"));
let shown = null;
let status = null;
let chat = null;
let watch = null;

function timeLine(stream) {
  if (stream.status === "live" && stream.started_at) return `on stage for ${since(stream.started_at)}`;
  if (stream.status === "ended" && stream.ended_at) return `ended ${since(stream.ended_at)} ago`;
  return "";
}

function showInfo(stream) {
  document.title = `${stream.title} · Bandstand`;
  stage.title = stream.title;
  setText(part(root, "title"), stream.title);
  setOptional(part(root, "description"), stream.description);
  setText(part(root, "host"), stream.owner?.name ?? "");
  setText(part(root, "since"), timeLine(stream));
  setBadge(part(root, "badge"), stream.status);
  const viewers = part(root, "viewers");
  viewers.hidden = stream.status !== "live";
  setText(viewers.lastElementChild, plural(stream.viewers ?? 0, "viewer"));
}

const isOnAir = () => status === "live" || status === "interrupted";

/** Let nobody see or hear the show who needs a ticket for it, and offer one. */
function shut() {
  stage.player.stop();
  stage.interrupted = false;
  const { title, text } = curtainWords({ ...admission, onAir: isOnAir() });
  stage.close(title, text);
  offers.show(admission.products);
}

/** Raise or lower the curtain. A show that has ended plays to its end first. */
function followStatus() {
  if (admission.state === "shut") {
    shut();
    return;
  }
  offers.show([]);
  const onAir = isOnAir();
  const { state } = stage.player;
  stage.interrupted = status === "interrupted";
  if (onAir) {
    if (["idle", "ended", "refused"].includes(state)) stage.player.start();
    return;
  }
  if (state === "playing") return;
  stage.player.stop();
  if (status === "ended") {
    stage.close("The show has ended", "Thank you for coming. If it goes on, this page starts by itself.");
  } else {
    stage.close("The show has not started", "Stay here: this page starts by itself.");
  }
}

async function follow(stream) {
  shown = stream;
  status = stream.status;
  showInfo(stream);
  await admission.look(stream);
  followStatus();
}

/** Take what is told of the stream. What has to be looked at is, soon, but not by all at once. */
function hear({ event, at, gone, ...news }) {
  if (shown === null || news.stream !== streamId || event === "health") return;
  if (event === "viewers") {
    shown = { ...shown, ...news };
    showInfo(shown);
  } else if (["interrupted", "ended"].includes(event) && !gone) {
    const ended = event === "ended" ? { ended_at: at } : {};
    follow({ ...shown, ...news, ...ended }).catch(refreshNow);
  } else setTimeout(refreshNow, Math.random() * LOOK_SPREAD_MS);
}

/** Have the server tell, on the chat's connection. */
function listenIn(client) {
  watch = new StreamWatch(client, streamId);
  watch.addEventListener("told", ({ detail: { stream } }) => {
    if (stream.status !== status) refreshNow();
  });
  watch.addEventListener("news", ({ detail: { push } }) => hear(push));
}

async function refresh() {
  try {
    const stream = await api.stream(streamId);
    await follow(stream);
    openChat(stream);
  } catch (error) {
    if (error.status === 404) showMissing();
    else if (admission.state === "unknown") stage.close("One moment", `${error.message} Trying again.`);
    // else the picture may well go on without us
  }
}

function openChat(stream) {
  if (chat === null) {
    const roomId = stream.room_id ?? streamId;
    chat = new ChatView(part(root, "chat"), roomId);
    chat.addEventListener("putout", doubtAdmission);
    listenIn(chat.client);
    offerModeration(chat.client, roomId);
  } else if (stream.access === "ticket" && admission.state === "open") chat.comeIn();
}

/** Few keep order: what they need for it is fetched when somebody turns out to be one of them. */
function offerModeration(client, roomId) {
  const look = async () => {
    if (!client.room.moderates) return;
    client.removeEventListener("change", look);
    const { moderateBesideShow } = await import("./moderation.js");
    moderateBesideShow(part(root, "chat"), client, roomId);
  };
  client.addEventListener("change", look);
}

/** The picture or the chat was refused: find out whether the ticket is good yet. */
function doubtAdmission() {
  admission.doubt();
  refreshNow();
}

function showMissing() {
  setText(part(root, "title"), "No such stream");
  stage.player.stop();
  stage.close("Nobody is playing here", "This stream does not exist, or not any more.");
}

function pollMs() {
  if (admission.state === "shut") return POLL_WITHOUT_TICKET_MS;
  if (watch?.told && (stage.player.state === "playing" || !isOnAir())) return POLL_TOLD_MS;
  return status === "live" && stage.player.state === "playing" ? POLL_LIVE_MS : POLL_RESTING_MS;
}

const refreshNow = repeat(refresh, pollMs);
stage.addEventListener("state", ({ detail }) => {
  if (detail.error?.code === "licence_required") doubtAdmission();
  else if (["ended", "retrying", "stalled"].includes(detail.state)) refreshNow();
});
offers.addEventListener("change", refreshNow);
auth.addEventListener("change", () => {
  admission.reset();
  refreshNow();
});
part(root, "share").addEventListener("click", async () => {
  const address = `${location.origin}${location.pathname}`;
  toast((await copyText(address)) ? "Link copied." : address);
});
