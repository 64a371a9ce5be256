"""Ingest health: what arrives of a show each second, and what is to be said of it. All pure."""

from actors.stream.health.monitor import SECOND_S, HealthMonitor
from actors.stream.health.report import (
    AudioHealth,
    Health,
    HealthNews,
    HealthReport,
    State,
    VideoHealth,
)
from actors.stream.health.series import SERIES_POINTS, Point
from actors.stream.health.verdicts import Level, Verdict

__all__ = [
    "SECOND_S",
    "SERIES_POINTS",
    "AudioHealth",
    "Health",
    "HealthMonitor",
    "HealthNews",
    "HealthReport",
    "Level",
    "Point",
    "State",
    "Verdict",
    "VideoHealth",
]
