// The stage of a page: the picture (or the sound), its controls, and the curtain before them.

import { part, setText } from "./dom.js";
import { Player } from "./player.js";
import { drawPoster } from "./poster.js";

const REFRESH_CONTROLS_MS = 1_000;
const CONTROLS_HIDE_MS = 2_800;

/** Where a key means something else than the player. */
const HAS_OWN_KEYS = "input, textarea, button, a, dialog, [tabindex='0']";

const WAITS = {
  loading: "Raising the curtain…",
  stalled: "Waiting for the stream…",
  retrying: "Reconnecting…",
};

const BLOCKED = ["Ready when you are", "Your browser asks for a click before it plays."];
const DISPLACED = [
  "Your ticket plays elsewhere",
  "It is in use on as many devices as it is good for. Play here, and it stops on one of them.",
];
const NO_ENGINE = [
  "This browser cannot play the show",
  "It knows neither Media Source Extensions nor HLS. A current Firefox, Chrome, Edge or Safari does.",
];
const NO_HLS_JS = [
  "The player is not installed",
  "This server lacks hls.js, and this browser plays no HLS by itself. Whoever runs the server can " +
    "add it: install npm, then stop Bandstand and say “make run” again.",
];

export class Stage extends EventTarget {
  player;
  #root;
  #video;
  #hideTimer = null;

  /** `source` resolves to the address to play; `muted` starts without sound (a preview). */
  constructor(root, { streamId, source, muted = false }) {
    super();
    this.#root = root;
    this.#video = root.querySelector("video");
    this.#video.muted = muted;
    drawPoster(part(root, "poster"), streamId);
    this.player = new Player(this.#video, source, {
      moduleUrl: document.documentElement.dataset.hls,
      forceNative: new URLSearchParams(location.search).get("player") === "native",
    });
    this.player.addEventListener("state", ({ detail }) => this.#showState(detail));
    this.player.addEventListener("muted", () => {
      part(root, "unmute").hidden = false;
    });
    this.#wireControls();
    this.#wireKeys();
    this.#wireHiding();
  }

  /** Close the curtain with a title and a text. */
  close(title, text) {
    this.#root.dataset.phase = "closed";
    setText(part(this.#root, "curtain-title"), title);
    setText(part(this.#root, "curtain-text"), text);
    part(this.#root, "start").hidden = !["blocked", "displaced"].includes(this.player.state);
    this.#wait("");
  }

  /** What the audio view shows below its bars. */
  set title(text) {
    setText(part(this.#root, "audio-title"), text);
  }

  /** The broadcaster is away for a moment, or back. */
  set interrupted(yes) {
    this.player.patient = yes;
    this.#root.toggleAttribute("data-interrupted", yes);
    if (yes) this.#wait("The signal dropped. Waiting for the band to come back…");
    else if (this.player.state === "playing") this.#wait("");
  }

  #showState({ state, error }) {
    this.#root.dataset.player = state;
    this.#root.dataset.engine = this.player.engine ?? "";
    if (state === "playing") this.#open();
    else if (state in WAITS && !this.player.patient) this.#wait(WAITS[state]);
    else if (state === "blocked") this.close(...BLOCKED);
    else if (state === "displaced") this.close(...DISPLACED);
    else if (state === "refused") this.close("You cannot watch this show", error.message);
    else if (state === "unsupported") {
      this.close(...(document.documentElement.dataset.hls ? NO_ENGINE : NO_HLS_JS));
    }
    this.dispatchEvent(new CustomEvent("state", { detail: { state, error } }));
  }

  #open() {
    this.#setOpenPhase();
    if (!this.player.patient) this.#wait("");
  }

  #setOpenPhase() {
    this.#root.dataset.phase = this.player.hasVideo ? "video" : "audio";
  }

  #wait(text) {
    const line = part(this.#root, "wait");
    line.hidden = text === "";
    setText(line.lastElementChild, text);
  }

  #wireControls() {
    const video = this.#video;
    const on = (name, work) => part(this.#root, name).addEventListener("click", work);
    on("start", () => this.player.play());
    on("play", () => this.#togglePlay());
    on("mute", () => this.#toggleMute());
    on("unmute", () => this.#toggleMute());
    on("to-live", () => this.player.toLive());
    on("full", () => this.#toggleFull());
    on("picture", () =>
      document.pictureInPictureElement
        ? document.exitPictureInPicture()
        : video.requestPictureInPicture().catch(() => null),
    );
    part(this.#root, "volume").addEventListener("input", ({ target }) => {
      video.volume = target.valueAsNumber;
      video.muted = target.valueAsNumber === 0;
    });
    for (const event of ["play", "pause", "volumechange", "loadedmetadata", "resize", "emptied"]) {
      video.addEventListener(event, () => this.#showControls());
    }
    video.addEventListener("click", () => this.#wake());
    video.addEventListener("dblclick", () => this.#toggleFull());
    setInterval(() => this.#showControls(), REFRESH_CONTROLS_MS);
    this.#showControls();
  }

  #showControls() {
    const { paused, muted, volume } = this.#video;
    this.#root.toggleAttribute("data-paused", paused);
    this.#root.toggleAttribute("data-muted", muted || volume === 0);
    part(this.#root, "play").ariaLabel = paused ? "Play" : "Pause";
    part(this.#root, "mute").ariaLabel = muted ? "Unmute" : "Mute";
    part(this.#root, "volume").value = muted ? 0 : volume;
    if (!muted) part(this.#root, "unmute").hidden = true;
    part(this.#root, "to-live").toggleAttribute("data-on", !paused && this.player.isAtLive);
    part(this.#root, "picture").hidden = !document.pictureInPictureEnabled || !this.player.hasVideo;
    if (["audio", "video"].includes(this.#root.dataset.phase)) this.#setOpenPhase();
  }

  #togglePlay() {
    if (this.#video.paused) this.player.play();
    else this.#video.pause();
  }

  #toggleMute() {
    this.#video.muted = !this.#video.muted;
    if (!this.#video.muted && this.#video.volume === 0) this.#video.volume = 1;
  }

  #toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.#root.requestFullscreen) this.#root.requestFullscreen().catch(() => null);
    else this.#video.webkitEnterFullscreen?.(); // iPhones let the video alone fill the screen
  }

  #wireKeys() {
    document.addEventListener("keydown", (event) => {
      const { target, key, ctrlKey, metaKey, altKey } = event;
      if (ctrlKey || metaKey || altKey || target.closest(HAS_OWN_KEYS)) return;
      if (key === " " || key === "k") this.#togglePlay();
      else if (key === "m") this.#toggleMute();
      else if (key === "f") this.#toggleFull();
      else return;
      event.preventDefault();
    });
  }

  #wireHiding() {
    for (const event of ["pointermove", "pointerdown", "focusin", "keydown"]) {
      this.#root.addEventListener(event, () => this.#wake());
    }
    this.#wake();
  }

  /** Show the controls for a while. */
  #wake() {
    this.#root.removeAttribute("data-asleep");
    clearTimeout(this.#hideTimer);
    this.#hideTimer = setTimeout(() => {
      const busy = this.#video.paused || this.#root.querySelector(".controls :focus-visible");
      this.#root.toggleAttribute("data-asleep", !busy);
    }, CONTROLS_HIDE_MS);
  }
}
