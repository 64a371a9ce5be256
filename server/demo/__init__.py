"""The demo: a show of our own making and two visitors, as a client of a running server."""

from server.demo.people import DemoError
from server.demo.run import run_demo

__all__ = ["DemoError", "run_demo"]
