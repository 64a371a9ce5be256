"""``bandstand sandbox``: the payment provider for dev and tests, as a process of its own."""

import argparse
import signal
from pathlib import Path

import structlog
import trio

from server.commands.user import CommandError
from server.config_values import Endpoint, parse_endpoint
from server.logs import set_up_logs
from server.sandbox import FaultScript, SandboxConfig, read_fault_script, serve_sandbox
from server.sandbox.config import RETRY_FACTOR, SETTLE_DELAY_S

DEFAULT_HTTP = "127.0.0.1:8010"
DEFAULT_DATA = Path("data") / "sandbox"
DEFAULT_KEY = "sandbox_key"
DEFAULT_SECRET = "sandbox_secret"  # noqa: S105 - guards no money
BACKLOG_CONNECTIONS = 128

log = structlog.get_logger()


def add_sandbox_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the command."""
    parser.add_argument("--http", default=DEFAULT_HTTP, help="host:port to listen on")
    parser.add_argument("--public-url", help="origin for browsers (default: http and --http)")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="its data folder")
    parser.add_argument("--webhook-url", default="", help="where webhooks go")
    parser.add_argument("--webhook-secret", default=DEFAULT_SECRET, help="what signs them")
    parser.add_argument("--api-key", default=DEFAULT_KEY, help="of the payments' API")
    parser.add_argument("--payout-key", help="of the payouts' API (default: --api-key)")
    parser.add_argument("--faults", type=Path, help="a fault script in JSON")
    parser.add_argument(
        "--settle-delay",
        type=float,
        default=SETTLE_DELAY_S,
        metavar="SECONDS",
        help="how long a refund is pending",
    )
    parser.add_argument(
        "--retry-factor",
        type=float,
        default=RETRY_FACTOR,
        metavar="FACTOR",
        help="stretches the schedule of webhooks that are not taken; 1 is the real one's day",
    )


def run_sandbox_command(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return 0. CommandError, StoreError."""
    set_up_logs(production=False)
    try:
        endpoint = parse_endpoint(options.http)
        faults = read_fault_script(options.faults.read_bytes()) if options.faults else FaultScript()
    except ValueError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error
    assert isinstance(endpoint, Endpoint)
    trio.run(_serve, endpoint, faults, options)
    return 0


async def _serve(endpoint: Endpoint, faults: FaultScript, options: argparse.Namespace) -> None:
    try:
        listeners = await trio.open_tcp_listeners(
            endpoint.port, host=endpoint.host, backlog=BACKLOG_CONNECTIONS
        )
    except OSError as error:
        raise CommandError(f"cannot listen on {endpoint}: {error.strerror or error}") from error
    bound = Endpoint(endpoint.host, listeners[0].socket.getsockname()[1])
    config = SandboxConfig(
        public_url=options.public_url or f"http://{bound.reachable}",
        api_key=options.api_key,
        webhook_secret=options.webhook_secret,
        payout_key=options.payout_key or options.api_key,
        webhook_url=options.webhook_url,
        settle_delay_s=options.settle_delay,
        retry_factor=options.retry_factor,
        faults=faults,
    )
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            end = await nursery.start(_serving, listeners, options.data, config)
            log.info("listening", http=str(bound), webhooks=config.webhook_url)
            await anext(signals)
            end()


async def _serving(
    listeners: list[trio.SocketListener],
    data: Path,
    config: SandboxConfig,
    task_status: trio.TaskStatus[object],
) -> None:
    await serve_sandbox(listeners, data, config, task_status=task_status)
