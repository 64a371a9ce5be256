"""Plain functions over the store, for what has no life of its own."""

from actors.services.access_tokens import AccessTokens, AccountError, Principal
from actors.services.accounts import Accounts, SignedIn, User, create_user
from actors.services.passwords import Passwords
from actors.services.sealing import SealBroken, Sealing
from actors.services.stream_keys import StreamKeys

__all__ = [
    "AccessTokens",
    "AccountError",
    "Accounts",
    "Passwords",
    "Principal",
    "SealBroken",
    "Sealing",
    "SignedIn",
    "StreamKeys",
    "User",
    "create_user",
]
