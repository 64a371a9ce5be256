// The studio: signing in, the streams of one's own, and a new one.

import { mountAccountForm, submitForm } from "./account.js";
import { api } from "./api.js";
import { auth } from "./auth.js";
import { cloneOf, part, repeat, setBadge, setOptional, setText, showList } from "./dom.js";
import { plural, since } from "./format.js";
import { drawPoster } from "./poster.js";

const REFRESH_MS = 5_000;
const page = document.getElementById("main");

function line(stream) {
  if (stream.status === "live") {
    return `${plural(stream.viewers ?? 0, "viewer")}, for ${since(stream.started_at)}`;
  }
  if (stream.ended_at) return `last show ended ${since(stream.ended_at)} ago`;
  return "no show yet";
}

function rowOf(stream) {
  const row = cloneOf("stream-row");
  row.firstElementChild.href = `/studio/${stream.id}`;
  drawPoster(part(row, "poster"), stream.id);
  return row;
}

function updateRow(row, stream) {
  setText(part(row, "title"), stream.title);
  setText(part(row, "line"), line(stream));
  setBadge(part(row, "badge"), stream.status);
}

async function refresh() {
  await auth.restore();
  const signedIn = auth.user !== null;
  part(page, "gate").hidden = signedIn;
  part(page, "desk").hidden = !signedIn;
  if (!signedIn) return;
  try {
    showList(part(page, "streams"), await api.ownStreams(), rowOf, updateRow);
    setOptional(part(page, "problem"), "");
  } catch (error) {
    setOptional(part(page, "problem"), error.message);
  }
}

const create = part(page, "create");
create.addEventListener("submit", (event) => {
  event.preventDefault();
  const { title, description, access } = create.elements;
  submitForm(create, async () => {
    const stream = await api.createStream(
      title.value.trim(),
      description.value.trim(),
      access.value,
    );
    location.assign(`/studio/${stream.id}`);
  });
});

mountAccountForm(part(page, "gate-form"), () => null); // signing in refreshes, see below
const refreshNow = repeat(refresh, () => REFRESH_MS);
auth.addEventListener("change", refreshNow);
