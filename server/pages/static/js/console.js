// The broadcaster's view of one stream: what goes into the encoder, how the show arrives, who may
// watch it, its tickets, and its chat's moderation.

import { AccessSwitch } from "./access.js";
import { mountAccountForm, submitForm } from "./account.js";
import { api } from "./api.js";
import { auth } from "./auth.js";
import { openClient } from "./chat-view.js";
import { part, repeat, setBadge, setOptional, setText, toast } from "./dom.js";
import { EncoderSettings } from "./encoder.js";
import { plural, since } from "./format.js";
import { HealthPanel } from "./health.js";
import { moderateInStudio } from "./moderation.js";
import { ProductList } from "./product-list.js";
import { Stage } from "./stage.js";
import { StreamWatch } from "./stream-watch.js";
import { connectTabs } from "./tabs.js";

const POLL_MS = 2_000;
/** While the server tells what happens, asking is for what it does not tell. */
const POLL_TOLD_MS = 30_000;
const POLL_TICKETS_MS = 10_000;

const root = document.querySelector("[data-stream-id]");
const { streamId } = root.dataset;
const encoder = new EncoderSettings(root);
const editDialog = document.getElementById("edit-dialog");
const confirmDialog = document.getElementById("confirm-dialog");
const access = new AccessSwitch(part(root, "access"), streamId, () => refreshNow());
const products = new ProductList(part(root, "products"), {
  load: async () => ({ items: await api.tickets(streamId), next_cursor: null }),
  ownStreams: async () => [stream],
  streamId,
});
const client = openClient(streamId);
const watch = new StreamWatch(client, streamId);
const health = new HealthPanel(part(root, "health"), {
  load: () => api.streamHealth(streamId),
  isTold: () => watch.told,
});
let stage = null;
let stream = null;
let moderation = null;

function showInfo() {
  document.title = `${stream.title} · Studio · Bandstand`;
  setText(part(root, "title"), stream.title);
  setBadge(part(root, "badge"), stream.status);
  const live = stream.status === "live";
  const viewers = part(root, "viewers");
  viewers.hidden = !live;
  setText(viewers.lastElementChild, plural(stream.viewers ?? 0, "viewer"));
  setText(part(root, "since"), live && stream.started_at ? `for ${since(stream.started_at)}` : "");
  part(root, "public").href = `/s/${streamId}`;
  part(root, "stop").disabled = !live && stream.status !== "interrupted";
  encoder.show(stream.rtmp_url, stream.stream_key);
  access.show(stream);
}

function showPreview() {
  stage ??= new Stage(part(root, "stage"), {
    streamId,
    source: () => api.playbackUrl(streamId),
    muted: true,
  });
  stage.title = stream.title;
  stage.interrupted = stream.status === "interrupted";
  const { state } = stage.player;
  if (stream.status === "live" || stream.status === "interrupted") {
    if (["idle", "ended"].includes(state)) stage.player.start();
  } else if (state !== "playing") {
    stage.player.stop();
    stage.close("Waiting for your encoder", "Start streaming, and your show appears here.");
  }
}

/** What is shown: "gate" (sign in first), "desk" (the stream), or neither. */
function reveal(name) {
  part(root, "gate").hidden = name !== "gate";
  part(root, "desk").hidden = name !== "desk";
}

async function refresh() {
  await auth.restore();
  if (!auth.user) {
    reveal("gate");
    stage?.player.stop();
    moderation?.sleep();
    health.sleep();
    return;
  }
  try {
    stream = await api.stream(streamId);
    if (!stream.stream_key) {
      reveal("");
      setOptional(part(root, "problem"), "This stream belongs to somebody else.");
      return;
    }
    setOptional(part(root, "problem"), "");
    const isFirst = part(root, "desk").hidden;
    reveal("desk");
    if (isFirst) refreshTickets();
    showInfo();
    showPreview();
    if (moderation === null) {
      moderation = moderateInStudio(part(root, "moderation"), client, streamId);
      stayConnected();
    }
    moderation.wake();
    health.wake();
  } catch (error) {
    setOptional(part(root, "problem"), error.message);
  }
}

/** Connect as whoever is signed in, for what moderators and the owner are told. */
function stayConnected() {
  auth.addEventListener("change", () => client.reconnect());
  window.addEventListener("online", () => client.check());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) client.check();
  });
  client.connect();
}

/** Take what the server tells of the stream; what it does not say with it is asked for. */
function hear({ event, ...news }) {
  if (event === "health") health.take(news.health);
  else if (event !== "viewers") refreshNow();
  else if (stream !== null) {
    stream = { ...stream, viewers: news.viewers };
    showInfo();
  }
}

/** Ask before something that cannot be undone; true for yes. */
async function confirmed(question, consequence, yes) {
  setText(part(confirmDialog, "question"), question);
  setText(part(confirmDialog, "consequence"), consequence);
  setText(part(confirmDialog, "yes"), yes);
  confirmDialog.returnValue = "no";
  confirmDialog.showModal();
  await new Promise((resolve) => confirmDialog.addEventListener("close", resolve, { once: true }));
  return confirmDialog.returnValue === "yes";
}

async function attempt(work, done) {
  try {
    await work();
    toast(done);
  } catch (error) {
    toast(error.message);
  }
  refreshNow();
}

part(root, "stop").addEventListener("click", async () => {
  const consequence = "The encoder is disconnected, and the show is over for everyone who listens.";
  if (await confirmed("Stop the show?", consequence, "Stop the show")) {
    await attempt(() => api.stopStream(streamId), "The show is over.");
  }
});

part(root, "rotate").addEventListener("click", async () => {
  const consequence =
    "The old key stops working at once. Put the new one into your encoder before the next show.";
  if (await confirmed("Make a new stream key?", consequence, "Make a new key")) {
    await attempt(() => api.rotateKey(streamId), "This is the new key. The old one is void.");
  }
});

const editForm = part(editDialog, "edit-form");
part(root, "edit").addEventListener("click", () => {
  editForm.elements.title.value = stream.title;
  editForm.elements.description.value = stream.description ?? "";
  editDialog.showModal();
});
part(editDialog, "cancel").addEventListener("click", () => editDialog.close());
editForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const changes = {
    title: editForm.elements.title.value.trim(),
    description: editForm.elements.description.value.trim(),
  };
  if (await submitForm(editForm, () => api.editStream(streamId, changes))) {
    editDialog.close();
    refreshNow();
  }
});

connectTabs(root.querySelector(".connect [role=tablist]"));
mountAccountForm(part(root, "gate-form"), () => null); // signing in refreshes, see below
const refreshNow = repeat(refresh, () => (watch.told ? POLL_TOLD_MS : POLL_MS));
const refreshTickets = repeat(
  async () => part(root, "desk").hidden || products.refresh(),
  () => POLL_TICKETS_MS,
);
watch.addEventListener("news", ({ detail }) => hear(detail.push));
watch.addEventListener("told", () => {
  refreshNow();
  health.renew();
});
auth.addEventListener("change", refreshNow);
