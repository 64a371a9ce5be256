// Plays one HLS address in a <video>, with hls.js or with the browser's own player, and comes
// back by itself from whatever stops it. No controls and no words: those are stage.js.

import { chooseEngine } from "./engine.js";

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 8_000;
const WATCH_EVERY_MS = 1_000;
/** Longer than a target duration and a retry of hls.js: it gets its chance first. */
const STALL_MS = 12_000;
const MEDIA_RECOVERY_GAP_MS = 10_000;
const AT_LIVE_WITHIN_S = 12;
const NATIVE_LIVE_DISTANCE_S = 6;
const FORBIDDEN = 403;
/** A session that is refused so soon after another one was put aside by somebody's newer one. */
const DISPLACED_WITHIN_MS = 60_000;

/**
 * `source` resolves to the address of a fresh playback session, and is asked before each try.
 * Emits "state" {state, error?}: "idle", "loading", "playing", "stalled", "retrying", "ended",
 * "blocked" (the browser wants a click first), "displaced" (the ticket plays on too many others),
 * "refused" (by the server), "unsupported".
 */
export class Player extends EventTarget {
  state = "idle";
  /** The broadcaster is away for a moment: a standstill is no fault to recover from. */
  patient = false;

  #video;
  #source;
  #options;
  #engine = null;
  #hls = null;
  #run = 0;
  #attempts = 0;
  #retryTimer = null;
  #watchTimer = null;
  #lastTime = 0;
  #lastProgressAt = 0;
  #lastMediaRecoveryAt = 0;
  #lastForbiddenAt = -Infinity;

  constructor(video, source, options) {
    super();
    this.#video = video;
    this.#source = source;
    this.#options = options;
    video.addEventListener("playing", () => this.#isActive() && this.#setState("playing"));
    video.addEventListener("waiting", () => this.state === "playing" && this.#setState("stalled"));
    video.addEventListener("ended", () => this.#isActive() && this.#finish());
    video.addEventListener("error", () => this.#hls === null && this.#isActive() && this.#retry());
  }

  /** Whether hls.js plays ("hls") or the browser itself ("native"); null before the start. */
  get engine() {
    return this.#engine?.name ?? null;
  }

  get hasVideo() {
    return this.#video.videoWidth > 0;
  }

  get isAtLive() {
    return this.#livePosition() - this.#video.currentTime < AT_LIVE_WITHIN_S;
  }

  /** Start playing, unless it plays already. */
  start() {
    if (this.#isActive()) return;
    this.#attempts = 0;
    this.#load();
  }

  /** Stop, and let go of all that was loaded. */
  stop() {
    this.#detach();
    this.#setState("idle");
  }

  /** Press play: after "blocked", "displaced" or a pause. */
  async play() {
    if (this.state === "displaced") {
      this.#lastForbiddenAt = -Infinity;
      this.start();
      return;
    }
    const run = this.#run;
    try {
      await this.#video.play();
    } catch (error) {
      if (run !== this.#run || error.name !== "NotAllowedError") return; // a newer load took over
      if (this.#video.muted) {
        this.#setState("blocked");
        return;
      }
      this.#video.muted = true; // without sound, browsers let a page play by itself
      this.dispatchEvent(new Event("muted"));
      await this.play();
    }
  }

  /** Jump to the live moment. */
  toLive() {
    this.#video.currentTime = this.#livePosition();
    return this.play();
  }

  #isActive() {
    return ["loading", "playing", "stalled", "retrying", "blocked"].includes(this.state);
  }

  #livePosition() {
    const { seekable } = this.#video;
    const end = seekable.length ? seekable.end(seekable.length - 1) - NATIVE_LIVE_DISTANCE_S : 0;
    return this.#hls?.liveSyncPosition ?? Math.max(0, end);
  }

  async #load() {
    this.#detach();
    const run = this.#run;
    this.#setState(this.#attempts === 0 ? "loading" : "retrying");
    try {
      this.#engine ??= await chooseEngine(this.#video, this.#options);
      if (run !== this.#run) return;
      if (this.#engine.name === "none") {
        this.#setState("unsupported");
        return;
      }
      const url = await this.#source();
      if (run === this.#run) this.#attach(url);
    } catch (error) {
      if (run !== this.#run) return;
      if (error.status === FORBIDDEN || error.status === 404) this.#setState("refused", error);
      else this.#retry();
    }
  }

  #attach(url) {
    if (this.#engine.name === "hls") this.#attachHls(url);
    else {
      this.#video.src = url;
      this.play();
    }
    this.#lastProgressAt = Date.now();
    this.#watchTimer = setInterval(() => this.#watch(), WATCH_EVERY_MS);
  }

  #attachHls(url) {
    const { Hls, config } = this.#engine;
    const hls = new Hls(config);
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.play());
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (this.#hls !== hls) return;
      if (data.response?.code === FORBIDDEN) {
        this.#lostSession();
        return;
      }
      if (!data.fatal) return;
      const now = Date.now();
      if (
        data.type === Hls.ErrorTypes.MEDIA_ERROR &&
        now - this.#lastMediaRecoveryAt > MEDIA_RECOVERY_GAP_MS
      ) {
        this.#lastMediaRecoveryAt = now;
        hls.recoverMediaError();
      } else this.#retry();
    });
    hls.loadSource(url);
    hls.attachMedia(this.#video);
  }

  /** This session is not let in any more: only asking for a new one tells whether we are. */
  #lostSession() {
    const now = Date.now();
    const isDisplaced = now - this.#lastForbiddenAt < DISPLACED_WITHIN_MS;
    this.#lastForbiddenAt = now;
    if (!isDisplaced) {
      this.#retry();
      return;
    }
    this.#detach();
    this.#setState("displaced");
  }

  #detach() {
    this.#run += 1;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#watchTimer);
    if (this.#hls !== null) {
      const hls = this.#hls;
      this.#hls = null;
      hls.destroy();
    }
    if (this.#video.hasAttribute("src")) {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
  }

  #retry() {
    this.#detach();
    this.#setState("retrying");
    const ms = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#retryTimer = setTimeout(() => this.#load(), ms * (0.75 + Math.random() / 2));
  }

  #finish() {
    this.#detach();
    this.#setState("ended");
  }

  #watch() {
    const { currentTime, paused } = this.#video;
    const now = Date.now();
    if (currentTime !== this.#lastTime) {
      this.#attempts = 0;
      this.#lastTime = currentTime;
      this.#lastProgressAt = now;
    } else if (paused || this.patient || document.hidden) {
      this.#lastProgressAt = now;
    } else if (now - this.#lastProgressAt > STALL_MS) {
      this.#retry();
    }
  }

  #setState(state, error) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, error } }));
  }
}
