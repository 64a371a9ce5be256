"""A payment provider for dev and tests: a server of its own, that moves no money."""

from server.sandbox.config import PREFIX, SandboxConfig
from server.sandbox.faults import FaultRule, FaultScript, read_fault_script
from server.sandbox.sandbox import Sandbox
from server.sandbox.schema import SCHEMA
from server.sandbox.standalone import serve_sandbox

__all__ = [
    "PREFIX",
    "SCHEMA",
    "FaultRule",
    "FaultScript",
    "Sandbox",
    "SandboxConfig",
    "read_fault_script",
    "serve_sandbox",
]
