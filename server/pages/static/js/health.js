// How the show arrives: the state at a glance, what to do about it, the last five minutes.
//
// The server pushes it once a second. Each push is kept; it is shown only where somebody can see.

import { cloneOf, part, repeat, setOptional, setText, showList } from "./dom.js";
import { clock } from "./format.js";
import { Strip } from "./health-chart.js";
import { halfMinutes, HealthSeries } from "./health-series.js";
import {
  announcement,
  bitrate,
  codecNote,
  figures,
  frameRate,
  roundBitrate,
  skewText,
  stateKey,
  stateWords,
  unbroken,
} from "./health-text.js";

const POLL_MS = 3_000;
/** Without a push for so long while on air, the server is asked. */
const SILENCE_MS = 5_000;

/** To the second, as two rows of the table are of one minute. */
const clockOf = (time) => new Date(time).toLocaleTimeString([], { timeStyle: "medium" });

export class HealthPanel {
  #root;
  #load;
  #isTold;
  #bitrate;
  #fps;
  #series = new HealthSeries();
  #health = null;
  /** Why what is shown is old; "" where it is not. */
  #problem = "";
  #heardAt = -Infinity;
  #awake = false;
  #saidKey = null;
  #lookNow = null;

  /** `load` resolves to the health with its series; `isTold`: whether pushes come by themselves. */
  constructor(root, { load, isTold }) {
    this.#root = root;
    this.#load = load;
    this.#isTold = isTold;
    const strip = (key, how) => new Strip(part(root, `strip-${key}`), { key, ...how });
    this.#bitrate = strip("kbps", { name: "Bitrate", inWords: bitrate, scaleInWords: roundBitrate });
    this.#fps = strip("fps", { name: "Frame rate", inWords: frameRate });
    document.addEventListener("visibilitychange", () => this.#show());
    part(root, "table").addEventListener("toggle", () => this.#show());
  }

  /** Show the stream from now on. */
  wake() {
    if (this.#awake) return;
    this.#awake = true;
    if (this.#lookNow === null) this.#lookNow = repeat(() => this.#look(), () => POLL_MS);
    else this.#lookNow();
  }

  /** Show nothing any more. */
  sleep() {
    this.#awake = false;
    this.#health = null;
    this.#root.hidden = true;
  }

  /** Pushes were missed, or may have been: ask for everything. */
  renew() {
    this.#heardAt = -Infinity;
    this.#lookNow?.();
  }

  /** Take the health of a push. */
  take(health) {
    if (!this.#awake) return;
    const isWhole = health.point == null || this.#series.add(health.point);
    this.#keep(health);
    if (!isWhole) this.renew();
  }

  async #look() {
    if (!this.#awake || this.#isFresh()) return;
    try {
      const { series, ...health } = await this.#load();
      if (!this.#awake) return;
      this.#series.replace(series);
      this.#keep(health);
    } catch (error) {
      const then = this.#health ? ` This is how it was at ${clock(this.#health.heard)}.` : "";
      this.#problem = error.message + then;
      this.#show();
    }
  }

  #isFresh() {
    if (!this.#isTold() || this.#health === null) return false;
    if (this.#heardAt === -Infinity) return false;
    return !this.#health.on_air || performance.now() - this.#heardAt < SILENCE_MS;
  }

  #keep(health) {
    this.#heardAt = performance.now();
    this.#health = { ...health, heard: Date.now() };
    this.#problem = "";
    this.#show();
  }

  #show() {
    const health = this.#health;
    if (health === null || document.hidden) return;
    this.#root.hidden = false;
    this.#root.dataset.state = health.state;
    this.#root.toggleAttribute("data-old", this.#problem !== "");
    setOptional(part(this.#root, "health-problem"), this.#problem);
    this.#showState(health);
    this.#showFigures(health);
    this.#announce(health);
  }

  #showState(health) {
    const { word, line } = stateWords(health);
    setText(part(this.#root, "word"), word);
    setOptional(part(this.#root, "state-line"), line);
    const verdicts = health.verdicts.map((verdict) => ({ ...verdict, id: verdict.code }));
    const list = part(this.#root, "verdicts");
    showList(list, verdicts, () => cloneOf("health-verdict"), (row, { level, text }) => {
      row.dataset.level = level;
      setText(row.lastElementChild, unbroken(text));
    });
    list.hidden = verdicts.length === 0;
  }

  #showFigures(health) {
    const { points } = this.#series;
    part(this.#root, "charts").hidden = points.length === 0;
    part(this.#root, "strip-fps").hidden = !points.some(({ fps }) => fps > 0);
    const newest = points.at(-1);
    this.#bitrate.draw(points, newest?.kbps ? health.kbps : 0);
    this.#fps.draw(points, newest?.fps ? health.video?.fps : 0);
    setText(part(this.#root, "newest"), health.on_air ? "now" : "the end");
    const list = part(this.#root, "figures");
    list.hidden = !health.on_air;
    const make = () => cloneOf("health-figure");
    showList(list, health.on_air ? figures(health) : [], make, (row, { label, value }) => {
      setText(row.firstElementChild, label);
      setText(row.lastElementChild, value);
    });
    setOptional(part(this.#root, "codec-note"), codecNote(health));
    const table = part(this.#root, "table");
    table.hidden = points.length === 0;
    if (table.open) this.#showTable(points);
  }

  #showTable(points) {
    const make = () => cloneOf("health-row");
    showList(part(this.#root, "rows"), halfMinutes(points), make, (row, each) => {
      const viewers = each.viewers === null ? "–" : String(Math.round(each.viewers));
      const { at, kbps, fps, av_skew_ms: skew } = each;
      const cells = [clockOf(at), bitrate(kbps), frameRate(fps), skewText(skew), viewers];
      cells.forEach((text, i) => setText(row.children[i], text));
    });
  }

  /** Read out another state, but not the first one, and not each second's figures. */
  #announce(health) {
    const key = stateKey(health);
    if (key === this.#saidKey) return;
    if (this.#saidKey !== null) setText(part(this.#root, "said"), announcement(health));
    this.#saidKey = key;
  }
}
