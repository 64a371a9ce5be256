"""The command line: ``bandstand COMMAND``; each command is described in ``parser``."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import trio

from server import doctor
from server.api import describe_api
from server.collector import calm_collector
from server.commands.money import add_money_commands
from server.commands.sandbox import add_sandbox_arguments, run_sandbox_command
from server.commands.user import CommandError, add_user, read_password
from server.compose import serve
from server.config import SettingsError, load_settings
from server.demo import DemoError, run_demo
from server.listening import CannotListen
from server.logs import set_up_logs
from storage import StoreError

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_BAD_SETTINGS = 2
CREDENTIALS_FILE = "demo.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command: 0, or 1 where it failed, or 2 for bad settings or arguments."""
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except SettingsError as error:
        for line in error.lines:
            _complain(line)
        return EXIT_BAD_SETTINGS
    except (CannotListen, CommandError, DemoError, StoreError) as error:
        _complain(str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_OK


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    top = argparse.ArgumentParser(prog="bandstand", description="A stage for live music.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    serving = commands.add_parser("serve", help="run the server")
    serving.add_argument("--demo", action="store_true", help="with a demo show on air")
    serving.set_defaults(command=_serve)

    examining = commands.add_parser("doctor", help="look whether this machine can run it")
    examining.set_defaults(command=_doctor)

    showing = commands.add_parser("demo", help="push a demo show to a running server, and chat")
    showing.add_argument("--url", help="of the server (default: where the settings say it is)")
    showing.add_argument("--rtmp", help="push there, and not where the server says")
    showing.add_argument("--seconds", type=_seconds, help="end after this time")
    showing.set_defaults(command=_demo)

    users = commands.add_parser("user", help="accounts").add_subparsers(
        required=True, metavar="ACTION"
    )
    adding = users.add_parser("add", help="make an account, while the server is not running")
    adding.add_argument("email")
    adding.add_argument("--name", required=True, help="what others see")
    adding.add_argument("--admin", action="store_true")
    adding.add_argument("--password-stdin", action="store_true", help="read it from the input")
    adding.set_defaults(command=_user_add)

    add_money_commands(commands)

    pretending = commands.add_parser("sandbox", help="run the sandbox payment provider alone")
    add_sandbox_arguments(pretending)
    pretending.set_defaults(command=run_sandbox_command)

    describing = commands.add_parser("openapi", help="print the OpenAPI document")
    describing.set_defaults(command=_openapi)
    return top


def _serve(options: argparse.Namespace) -> int:
    settings = load_settings()
    set_up_logs(production=settings.production)

    async def run() -> None:
        await serve(settings, demo=options.demo)

    calm_collector()
    trio.run(run)
    return EXIT_OK


def _doctor(_options: argparse.Namespace) -> int:
    set_up_logs(production=False)
    return doctor.run()


def _demo(options: argparse.Namespace) -> int:
    settings = load_settings()
    set_up_logs(production=settings.production)
    url = options.url or f"http://{settings.http.reachable}"
    credentials: Path = settings.data / CREDENTIALS_FILE
    trio.run(run_demo, url, credentials, options.rtmp, options.seconds)
    return EXIT_OK


def _user_add(options: argparse.Namespace) -> int:
    settings = load_settings()
    password = read_password(from_stdin=options.password_stdin)

    async def run() -> None:
        user = await add_user(
            settings,
            email=options.email,
            name=options.name,
            password=password,
            admin=options.admin,
        )
        print(user.id)

    trio.run(run)
    return EXIT_OK


def _openapi(_options: argparse.Namespace) -> int:
    print(json.dumps(describe_api(), indent=2))
    return EXIT_OK


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError("seconds must be more than 0")
    return seconds


def _complain(line: str) -> None:
    print(f"bandstand: {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
