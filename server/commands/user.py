"""``bandstand user add``: makes an account in the store, while the server is not running."""

import getpass
import sys

from actors.services import AccountError, Passwords, User, create_user
from server.clock import SystemClock
from server.config import Settings
from storage import StoreError, StoreLocked, open_sqlite


class CommandError(Exception):
    """A command cannot be done, for the reason that it says."""


def read_password(*, from_stdin: bool) -> str:
    """Ask for a password twice, or read one line of standard input. CommandError."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise CommandError("the two passwords differ")
    return password


async def add_user(
    settings: Settings, *, email: str, name: str, password: str, admin: bool
) -> User:
    """Make an account. CommandError."""
    try:
        async with open_sqlite(settings.data) as store:
            return await create_user(
                store,
                Passwords(),
                SystemClock(),
                email=email,
                password=password,
                name=name,
                admin=admin,
            )
    except StoreLocked as error:
        raise CommandError(
            f"{settings.data} is in use: stop the server first, or register in the browser"
        ) from error
    except (AccountError, StoreError) as error:
        raise CommandError(str(error)) from error
    except ValueError as error:
        raise CommandError(f"what was given {error}") from error
