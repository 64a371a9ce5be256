// What goes into an encoder: the server, the key, and whole ffmpeg commands, each to be copied.

import { copyText, part, setText, toast } from "./dom.js";

const MASK = "\u2022".repeat(24);
const HIDDEN_KEY = "<your stream key>";

/** A text as one word of a POSIX shell. */
export function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The ffmpeg commands for a target address: {test, file, audio}. */
export function ffmpegCommands(target) {
  const video = "-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 60";
  const audio = "-c:a aac -b:a 160k -ar 48000 -ac 2";
  const out = `-f flv ${shellQuoted(target)}`;
  const join = (...lines) => lines.join(" \\\n  ");
  return {
    test: join(
      "ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30",
      "-f lavfi -i sine=frequency=440:sample_rate=48000",
      `${video} -b:v 2500k`,
      `${audio} ${out}`,
    ),
    file: join(
      "ffmpeg -re -i concert.mp4",
      `${video} -r 30 -b:v 3500k -maxrate 3500k -bufsize 7000k`,
      `${audio} ${out}`,
    ),
    audio: join("ffmpeg -re -i song.flac -vn", `${audio} ${out}`),
  };
}

export class EncoderSettings {
  #root;
  #server = "";
  #key = "";
  #revealed = false;

  constructor(root) {
    this.#root = root;
    const reveal = part(root, "reveal");
    reveal.addEventListener("click", () => {
      this.#revealed = !this.#revealed;
      reveal.setAttribute("aria-pressed", String(this.#revealed));
      setText(reveal.querySelector("span"), this.#revealed ? "Hide" : "Show");
      this.#render();
    });
    for (const button of root.querySelectorAll("[data-copy]")) {
      const { copy } = button.dataset;
      button.addEventListener("click", () =>
        this.#copy(copy === "key" ? this.#key : this.#server, copy === "key" ? "Key" : "Server"),
      );
    }
    for (const button of root.querySelectorAll("[data-copy-command]")) {
      button.addEventListener("click", () =>
        this.#copy(ffmpegCommands(this.#target(this.#key))[button.dataset.copyCommand], "Command"),
      );
    }
  }

  /** Show this server and key; nothing changes when they are shown already. */
  show(server, key) {
    if (server === this.#server && key === this.#key) return;
    this.#server = server;
    this.#key = key;
    this.#render();
  }

  #target(key) {
    return `${this.#server}/${key}`;
  }

  #render() {
    part(this.#root, "server").value = this.#server;
    // Not a password field: browsers would offer to remember it as the account's.
    part(this.#root, "key").value = this.#revealed ? this.#key : MASK;
    const commands = ffmpegCommands(this.#target(this.#revealed ? this.#key : HIDDEN_KEY));
    for (const element of this.#root.querySelectorAll("[data-command]")) {
      setText(element, commands[element.dataset.command]);
    }
  }

  async #copy(text, what) {
    const copied = await copyText(text);
    toast(copied ? `${what} copied.` : "Copying is not allowed here: select and copy by hand.");
  }
}
