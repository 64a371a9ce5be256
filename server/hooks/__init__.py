"""Webhooks out: the task that sends them, and what it sends."""

from server.hooks.hooks import Hooks
from server.hooks.sender import PingRefused, Sender

__all__ = ["Hooks", "PingRefused", "Sender"]
