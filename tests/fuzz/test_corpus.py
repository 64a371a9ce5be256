"""Every input that fuzzing found worth keeping, once more."""

import pytest
from support.fuzz_targets import CORPUS, MAX_INPUT_BYTES, TARGETS, run_target

MAX_CORPUS_BYTES = 64 * 1024
"""Of one target: what ``python -m bench fuzz --grow`` keeps to."""


def inputs_of(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_breaks_no_rule(name: str) -> None:
    inputs = inputs_of(name)
    assert inputs
    for data in inputs:
        run_target(name, data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_bounded(name: str) -> None:
    inputs = inputs_of(name)
    assert sum(map(len, inputs)) <= MAX_CORPUS_BYTES
    assert max(map(len, inputs)) <= MAX_INPUT_BYTES


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_may_be_empty(name: str) -> None:
    run_target(name, b"")
