"""The REST API under ``/api/v1``, and what operators ask for at the root."""

from server.api.app import create_app, describe_api
from server.api.house import House
from server.api.wire import WEBHOOK_PATH

__all__ = ["WEBHOOK_PATH", "House", "create_app", "describe_api"]
