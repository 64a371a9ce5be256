// Stands in for hls.js: remembers its instances, and lets a test raise events.

export default class FakeHls {
  static Events = { MANIFEST_PARSED: "parsed", ERROR: "error" };
  static ErrorTypes = { MEDIA_ERROR: "mediaError", NETWORK_ERROR: "networkError" };
  static instances = [];

  static isSupported() {
    return true;
  }

  handlers = {};
  recovered = 0;
  destroyed = false;
  liveSyncPosition = 42;

  constructor(config) {
    this.config = config;
    FakeHls.instances.push(this);
  }

  on(event, handler) {
    this.handlers[event] = handler;
  }

  raise(event, data) {
    this.handlers[event](event, data);
  }

  loadSource(url) {
    this.url = url;
  }

  attachMedia(video) {
    this.video = video;
  }

  recoverMediaError() {
    this.recovered += 1;
  }

  destroy() {
    this.destroyed = true;
  }
}
