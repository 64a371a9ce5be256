"""Ingest health as REST and the socket both write it."""

from typing import Any

from actors.stream.health import AudioHealth, Health, Point, VideoHealth
from server.times import optional_rfc3339, rfc3339

Document = dict[str, Any]


def health_document(health: Health) -> Document:
    """Write how the ingest of a stream is."""
    return {
        "state": health.state.value,
        "verdicts": [
            {"code": each.code, "level": each.level.value, "text": each.text}
            for each in health.verdicts
        ],
        "on_air": health.on_air,
        "status": health.status,
        "started_at": optional_rfc3339(health.started_at_ms),
        "uptime_s": health.uptime_s,
        "encoder": health.encoder,
        "reconnects": health.reconnects,
        "viewers": health.viewers,
        "video": None if health.video is None else _video(health.video),
        "audio": None if health.audio is None else _audio(health.audio),
        "kbps": health.kbps,
        "av_skew_ms": health.av_skew_ms,
        "jumps": health.jumps,
        "dropped_frames": health.dropped_frames,
        "long_gops": health.long_gops,
        "read_lag_ms": health.read_lag_ms,
    }


def point_document(point: Point) -> Document:
    """Write one second of the series."""
    return {
        "at": rfc3339(point.at_ms),
        "kbps": point.kbps,
        "fps": point.fps,
        "av_skew_ms": point.av_skew_ms,
        "read_lag_ms": point.read_lag_ms,
        "viewers": point.viewers,
    }


def health_push(health: Health) -> Document:
    """Write what is pushed each second: how it is, and the newest second of the series."""
    newest = None if health.point is None else point_document(health.point)
    return {**health_document(health), "point": newest}


def _video(video: VideoHealth) -> Document:
    return {
        "codec": video.codec,
        "width": video.width,
        "height": video.height,
        "fps": video.fps,
        "keyframe_interval_s": video.keyframe_interval_s,
        "kbps": video.kbps,
    }


def _audio(audio: AudioHealth) -> Document:
    return {
        "codec": audio.codec,
        "sample_rate": audio.sample_rate,
        "channels": audio.channels,
        "kbps": audio.kbps,
    }
