// How a show arrives, in words and figures. Pure functions, no DOM.

const STATES = {
  good: ["Good", "Everything arrives as it should."],
  warning: ["Warning", "The show is on, and something could be better."],
  bad: ["Bad", "Listeners do not get the show as they should."],
  offline: ["Offline", "Nothing is on air. Start your encoder, and this tells how the show arrives."],
};

/** {word, line}: the state, and a sentence about it; none where the verdicts say it all. */
export function stateWords({ state, verdicts }) {
  const [word, line] = STATES[state] ?? [state, ""];
  const told = verdicts.length > 0 && state !== "offline";
  return { word, line: told ? "" : line };
}

/** What of a state is worth a word to who cannot see it: it stays the same while figures change. */
export function stateKey({ state, verdicts }) {
  return [state, ...verdicts.map(({ code }) => code).sort()].join(" ");
}

/** The state and its verdicts, as they are read out. */
export function announcement(health) {
  const { word, line } = stateWords(health);
  const texts = health.verdicts.map(({ text }) => text);
  return [`How the show arrives: ${word}.`, line, ...texts].filter(Boolean).join(" ");
}

/** A number and its unit, which stay on one line. */
const measure = (number, unit) => `${number}\u00a0${unit}`;

/** A sentence whose figures stay with their units. */
export function unbroken(text) {
  return text.replace(/(\d) (s|ms|kbit\/s|Mbit\/s)\b/g, measure("$1", "$2"));
}

/** 128 -> "128 kbit/s", 2634 -> "2.6 Mbit/s". */
export function bitrate(kbps) {
  if (kbps == null) return "–";
  if (kbps < 1000) return measure(Math.round(kbps), "kbit/s");
  return measure((kbps / 1000).toFixed(kbps < 99_500 ? 1 : 0), "Mbit/s");
}

/** The same at the end of a scale, which is round: 4000 -> "4 Mbit/s". */
export function roundBitrate(kbps) {
  return kbps < 1000 ? bitrate(kbps) : measure(kbps / 1000, "Mbit/s");
}

/** 25.04 -> "25 fps", 29.97 -> "30 fps". */
export function frameRate(fps) {
  return fps == null ? "–" : measure(Math.round(fps), "fps");
}

/** 3725 -> "1:02:05", 65 -> "1:05". */
export function stopwatch(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (number) => String(number).padStart(2, "0");
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return h ? `${h}:${pad(min)}:${pad(s)}` : `${min}:${pad(s)}`;
}

/** By the beginning of what RFC 6381 calls them; the first that fits. */
const CODECS = [
  ["avc", "H.264"],
  ["hvc1", "HEVC"],
  ["hev1", "HEVC"],
  ["av01", "AV1"],
  ["vp09", "VP9"],
  ["mp4a.40.34", "MP3"],
  ["mp4a.6", "MP3"],
  ["mp4a", "AAC"],
  ["opus", "Opus"],
  ["flac", "FLAC"],
  ["ac-3", "AC-3"],
  ["ec-3", "E-AC-3"],
];

/** "avc1.64001f" -> "H.264". */
export function codecName(codec) {
  return CODECS.find(([start]) => codec.toLowerCase().startsWith(start))?.[1] ?? codec;
}

/** Video codecs that not every listener can play. */
const NOT_EVERYWHERE = new Set(["HEVC", "AV1", "VP9"]);

/** What a broadcaster should know of the picture's codec; "" for one that plays everywhere. */
export function codecNote({ video }) {
  const picture = video && codecName(video.codec);
  if (!NOT_EVERYWHERE.has(picture)) return "";
  return `${picture} does not play on every listener's device: H.264 does.`;
}

function channelsText(channels) {
  return { 1: "mono", 2: "stereo", 6: "5.1" }[channels] ?? (channels ? `${channels} channels` : "");
}

const listed = (...parts) => parts.filter(Boolean).join(", ");

export function videoText(video) {
  if (video === null) return "none";
  const size = video.width ? `${video.width}\u00a0×\u00a0${video.height}` : "";
  return listed(codecName(video.codec), size, video.kbps == null ? "" : bitrate(video.kbps));
}

export function audioText(audio) {
  if (audio === null) return "none";
  const rate = audio.sample_rate ? measure(audio.sample_rate / 1000, "kHz") : "";
  const kbps = audio.kbps == null ? "" : bitrate(audio.kbps);
  return listed(codecName(audio.codec), rate, channelsText(audio.channels), kbps);
}

/** How far sound and picture are apart: neither sign means anything to who listens. */
export function skewText(ms) {
  return ms == null ? "–" : measure(Math.abs(Math.round(ms)), "ms");
}

function keyframesText(video) {
  if (video?.keyframe_interval_s == null) return "–";
  return `every ${measure(Number(video.keyframe_interval_s.toFixed(1)), "s")}`;
}

/** The figures below the charts: [{id, label, value}]. What counts faults is told if there are. */
export function figures(health) {
  const { video, audio } = health;
  const picture = [
    { id: "keyframes", label: "Keyframes", value: keyframesText(video) },
    { id: "skew", label: "A/V offset", value: skewText(health.av_skew_ms) },
  ];
  const faults = [
    { id: "dropped", label: "Dropped frames", value: health.dropped_frames },
    { id: "jumps", label: "Jumps in time", value: health.jumps },
    { id: "long-gops", label: "Late keyframes", value: health.long_gops },
  ];
  return [
    { id: "uptime", label: "On air for", value: stopwatch(health.uptime_s ?? 0) },
    { id: "viewers", label: "Viewers", value: String(health.viewers ?? 0) },
    { id: "reconnects", label: "Reconnects", value: String(health.reconnects ?? 0) },
    ...(video && audio ? picture : video ? picture.slice(0, 1) : []),
    ...faults.filter(({ value }) => value > 0).map((fault) => ({ ...fault, value: `${fault.value}` })),
    { id: "video", label: "Picture", value: videoText(video) },
    { id: "audio", label: "Sound", value: audioText(audio) },
    { id: "encoder", label: "Encoder", value: health.encoder || "does not say" },
  ];
}
