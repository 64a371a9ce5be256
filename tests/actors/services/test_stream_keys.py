import re

import pytest

from actors.services import SealBroken, StreamKeys


def test_keys_need_no_escape_and_differ(keys):
    made = {keys.new_key() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", key) for key in made)


def test_sealed_and_opened(keys):
    sealed = keys.seal("the key", "str_A")
    assert "the key" not in sealed
    assert keys.open(sealed, "str_A") == "the key"
    assert keys.seal("the key", "str_A") != sealed


def test_a_seal_opens_for_its_stream_and_secret_alone(keys):
    sealed = keys.seal("the key", "str_A")
    with pytest.raises(SealBroken):
        keys.open(sealed, "str_B")
    with pytest.raises(SealBroken):
        StreamKeys(b"z" * 32, b"b" * 32).open(sealed, "str_A")
    for damaged in ("", "AAAA", sealed[:-8] + "AAAAAAA="):
        with pytest.raises(SealBroken):
            keys.open(damaged, "str_A")


def test_the_fingerprint_depends_on_the_key_and_the_secret(keys):
    assert keys.fingerprint("a") == keys.fingerprint("a")
    assert keys.fingerprint("a") != keys.fingerprint("b")
    assert keys.fingerprint("a") != StreamKeys(b"a" * 32, b"c" * 32).fingerprint("a")
    assert re.fullmatch(
        r"[0-9a-f]{64}",
        keys.fingerprint("\ud83c\udfb6".encode("utf-16", "surrogatepass").decode("utf-16")),
    )
