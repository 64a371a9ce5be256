"""The signature, held to vectors that another implementation (openssl dgst) has computed."""

import pytest

from actors.services.hooks import signature
from actors.services.hooks.signing import SECRET_PREFIX, new_secret

BODY = b'{"id":"evt_1","type":"ping"}'
VECTORS = {
    (
        "whsec_one",
        1_700_000_000,
        BODY,
    ): "872839e82c4ab28cba7bcc355465587fed914f094c0745a95e0c5cf2b7586e7d",
    (
        "whsec_one",
        1_700_000_001,
        BODY,
    ): "85947ae04badbbab4b31900164f69b5a0d3e84b857f29093c5d4683457694beb",
    (
        "whsec_two",
        1_700_000_000,
        BODY,
    ): "17660cd7224ea747742cd02ab9da5e615cd2c38dbbc5a1f31093cbbe575445f1",
    (
        "whsec_one",
        0,
        "Für Elise ♪".encode(),
    ): "d88f58cb7446f7114a26ba870f0f7cc55ad1c927caeb472400531e286d0817a6",
    ("whsec_one", 0, b""): "7b8d947fde6f721c1b1d705d7e399fcbd5623133d088fda0f9da1b770b913fad",
}


@pytest.mark.parametrize(("case", "digest"), VECTORS.items())
def test_vectors(case: tuple[str, int, bytes], digest: str) -> None:
    secret, unix_s, body = case
    assert signature((secret,), unix_s, body) == f"t={unix_s},v1={digest}"


def test_while_a_secret_is_replaced_both_sign_the_newest_first() -> None:
    new, old = (
        VECTORS[("whsec_two", 1_700_000_000, BODY)],
        VECTORS[("whsec_one", 1_700_000_000, BODY)],
    )
    both = signature(("whsec_two", "whsec_one"), 1_700_000_000, BODY)
    assert both == f"t=1700000000,v1={new},v1={old}"


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(each) for each in made} == {len(SECRET_PREFIX) + 43}
