// Which way of playing HLS a browser has: hls.js on Media Source Extensions, or its own player.

const HLS_MIME = "application/vnd.apple.mpegurl";

const HLS_CONFIG = {
  lowLatencyMode: true,
  backBufferLength: 30, // seconds behind the picture that stay in memory
  maxBufferLength: 20,
};

/** Which way of playing this browser and this page have: {name: "hls" | "native" | "none"}. */
export async function chooseEngine(video, { moduleUrl, forceNative }) {
  if (moduleUrl && !forceNative) {
    const { default: Hls } = await import(moduleUrl);
    const workerPath = new URL("hls.worker.js", new URL(moduleUrl, location.href)).href;
    if (Hls.isSupported()) return { name: "hls", Hls, config: { ...HLS_CONFIG, workerPath } };
  }
  return { name: video.canPlayType(HLS_MIME) ? "native" : "none" };
}
