import jwt
import pytest

from actors.services import AccessTokens, AccountError, Principal

ADA = Principal("usr_A", "Ada", admin=False)


def test_a_token_tells_who_it_was_issued_to(tokens):
    root = Principal("usr_B", "Root", admin=True)
    assert tokens.verify(tokens.issue(ADA)) == ADA
    assert tokens.verify(tokens.issue(root)) == root


def test_it_expires_after_fifteen_minutes_with_a_little_leeway(tokens, clock):
    token = tokens.issue(ADA)
    clock.pass_s(15 * 60 + 5)
    assert tokens.verify(token) == ADA
    clock.pass_s(0.001)
    with pytest.raises(AccountError, match="expired") as caught:
        tokens.verify(token)
    assert caught.value.code == "invalid_token"


def forged(clock, *, key=b"s" * 32, algorithm="HS256", **changes):
    now_s = clock.now_ms() // 1000
    claims = {
        "iss": "bandstand",
        "sub": "usr_A",
        "name": "Ada",
        "admin": False,
        "iat": now_s,
        "exp": now_s + 900,
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, key, algorithm)


def test_what_is_forged_well_would_pass(tokens, clock):
    assert tokens.verify(forged(clock)) == ADA


@pytest.mark.parametrize(
    "changes",
    [
        {"key": b"x" * 32},
        {"key": "", "algorithm": "none"},
        {"iss": "somebody"},
        {"iss": None},
        {"sub": None},
        {"exp": None},
        {"name": None},
        {"exp": 1},
    ],
)
def test_what_is_not_ours_is_refused(tokens, clock, changes):
    with pytest.raises(AccountError) as caught:
        tokens.verify(forged(clock, **changes))
    assert caught.value.code == "invalid_token"


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "é", "x" * 5000, "..", "\0"])
def test_rubbish_is_refused(tokens, token):
    with pytest.raises(AccountError):
        tokens.verify(token)


def test_admin_must_be_true_and_nothing_like_it(tokens, clock):
    assert tokens.verify(forged(clock, admin="yes")).admin is False


def test_another_secret_does_not_verify(tokens, clock):
    with pytest.raises(AccountError):
        AccessTokens(b"t" * 32, clock).verify(tokens.issue(ADA))
