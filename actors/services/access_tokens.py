"""Access tokens: short-lived, signed, and checked without asking the store."""

from dataclasses import dataclass

import jwt

from actors.ports import Clock
from actors.services.logouts import Logouts

ACCESS_TOKEN_LIFETIME_S = 15 * 60
CLOCK_LEEWAY_S = 5
MAX_TOKEN_BYTES = 4096
ALGORITHM = "HS256"
ISSUER = "bandstand"


class AccountError(Exception):
    """An account service said no. ``retry_after_s`` is set where waiting helps.

    Codes: invalid_token, invalid_credentials, too_many_attempts, email_taken,
    registration_closed, busy.
    """

    def __init__(self, code: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, as their token says."""

    user_id: str
    name: str
    admin: bool


class AccessTokens:
    """Issues and verifies JSON Web Tokens (RFC 7519), HMAC-SHA256 with ``secret`` (32 bytes).

    What was issued before a user's last one of ``logouts`` is refused.
    """

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self.logouts = Logouts(clock, ACCESS_TOKEN_LIFETIME_S + CLOCK_LEEWAY_S)

    def issue(self, principal: Principal) -> str:
        """Return a token that is good for ACCESS_TOKEN_LIFETIME_S."""
        now_ms = self._clock.now_ms()
        # To the millisecond (RFC 7519, section 2: NumericDate), and past the last logout even
        # where the clock stands still, or has been set back.
        issued_ms = max(now_ms, self.logouts.last_ms(principal.user_id) + 1)
        claims = {
            "iss": ISSUER,
            "sub": principal.user_id,
            "name": principal.name,
            "admin": principal.admin,
            "iat": issued_ms / 1000,
            "exp": now_ms // 1000 + ACCESS_TOKEN_LIFETIME_S,
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def verify(self, token: str) -> Principal:
        """Return whose token it is. AccountError ``invalid_token``."""
        if len(token) > MAX_TOKEN_BYTES:
            raise AccountError("invalid_token", "The access token is too long.")
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                # Time is checked below, against the clock that was given.
                options={
                    "require": ["sub", "exp", "iat"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            principal = Principal(str(claims["sub"]), str(claims["name"]), claims["admin"] is True)
            expires_s = int(claims["exp"])
            issued_ms = round(float(claims["iat"]) * 1000)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise AccountError("invalid_token", "The access token is not valid.") from error
        if self._clock.now_ms() > (expires_s + CLOCK_LEEWAY_S) * 1000:
            raise AccountError("invalid_token", "The access token has expired.")
        if issued_ms <= self.logouts.last_ms(principal.user_id):
            raise AccountError("invalid_token", "You have signed out everywhere.")
        return principal
