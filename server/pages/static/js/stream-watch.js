// What the server tells of one stream, on a chat's connection and for as long as that lasts.

/** Emits "told" {stream} when telling has begun (how it stands then), and "news" {push}. */
export class StreamWatch extends EventTarget {
  /** Whether news comes by itself at the moment. */
  told = false;
  #client;
  #streamId;

  constructor(client, streamId) {
    super();
    this.#client = client;
    this.#streamId = streamId;
    client.addEventListener("state", ({ detail }) => this.#follow(detail.state));
    client.addEventListener("push", ({ detail: { push } }) => {
      if (push.push === "stream" && push.stream === streamId) this.#emit("news", { push });
    });
  }

  async #follow(state) {
    this.told = false;
    if (state !== "open") return;
    let stream;
    try {
      stream = await this.#client.watch(this.#streamId);
    } catch {
      return; // refused or cut off: whoever wants to know has to ask
    }
    this.told = true;
    this.#emit("told", { stream });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
