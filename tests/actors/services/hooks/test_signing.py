"""The signature, held to vectors that another implementation (openssl dgst) has computed."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.services.hooks import signature
from actors.services.hooks.signing import SECRET_PREFIX, new_secret

GUIDE = Path(__file__).parents[4] / "docs" / "client-developer.md"
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


def verify_of_the_guide() -> Callable[..., bool]:
    """The function that the documentation shows to developers, run as it stands there."""
    section = GUIDE.read_text().split("\n## Webhooks\n")[1]
    (example,) = re.findall(r"```python\n(.*?)```", section.split("\n## ")[0], re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    verify: Callable[..., bool] = names["verify"]
    return verify


def test_the_guide_verifies_what_is_signed_and_nothing_else() -> None:
    verify = verify_of_the_guide()
    now_s = int(time.time())
    header = signature(("whsec_new", "whsec_old"), now_s, BODY)
    assert verify(BODY, header, "whsec_new")
    assert verify(BODY, header, "whsec_old")
    assert not verify(BODY, header, "whsec_other")
    assert not verify(BODY + b" ", header, "whsec_new")
    assert not verify(BODY, header.replace(f"t={now_s}", f"t={now_s + 1}"), "whsec_new")
    assert not verify(BODY, signature(("whsec_new",), now_s - 301, BODY), "whsec_new")
