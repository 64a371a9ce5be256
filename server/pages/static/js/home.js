// The front page: who is live, refreshed without a flicker.

import { api } from "./api.js";
import { cloneOf, part, repeat, setBadge, setText, showList } from "./dom.js";
import { count, plural, since } from "./format.js";
import { drawPoster } from "./poster.js";

const REFRESH_MS = 10_000;
const MAX_ENDED = 8;

const liveList = document.querySelector("[data-live]");
const endedList = document.querySelector("[data-ended]");

function cardOf(stream) {
  const item = cloneOf("card");
  item.firstElementChild.href = `/s/${stream.id}`;
  drawPoster(part(item, "poster"), stream.id);
  return item;
}

function timeLine(stream) {
  if (stream.status === "ended") return stream.ended_at ? `${since(stream.ended_at)} ago` : "";
  return stream.started_at ? `for ${since(stream.started_at)}` : "";
}

function updateCard(item, stream) {
  setText(part(item, "title"), stream.title);
  setText(part(item, "host"), stream.owner?.name ?? "");
  setText(part(item, "since"), timeLine(stream));
  setBadge(part(item, "badge"), stream.status);
  const viewers = part(item, "viewers");
  viewers.hidden = stream.status === "ended";
  setText(viewers.lastElementChild, count(stream.viewers ?? 0));
  viewers.title = plural(stream.viewers ?? 0, "viewer");
}

function summary(live) {
  if (live.length === 0) return "The next show could be yours.";
  const viewers = live.reduce((sum, stream) => sum + (stream.viewers ?? 0), 0);
  return `${plural(live.length, "show")}, ${plural(viewers, "viewer")}. Pick one and take a seat.`;
}

async function refresh() {
  const line = document.querySelector("[data-summary]");
  try {
    const [live, resting] = await Promise.all([api.liveStreams(), api.restingStreams()]);
    const ended = resting
      .filter((stream) => stream.status === "ended")
      .sort((a, b) => (b.ended_at ?? "").localeCompare(a.ended_at ?? ""))
      .slice(0, MAX_ENDED);
    showList(liveList, live, cardOf, updateCard);
    showList(endedList, ended, cardOf, updateCard);
    document.querySelector("[data-empty]").hidden = live.length > 0;
    document.querySelector("[data-earlier]").hidden = ended.length === 0;
    setText(line, summary(live));
  } catch (error) {
    setText(line, `${error.message} Trying again in a moment.`);
  }
}

drawPoster(document.querySelector("[data-empty-art]"), "bandstand");
repeat(refresh, () => REFRESH_MS);
