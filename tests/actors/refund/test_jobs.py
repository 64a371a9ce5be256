"""When a job is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.refund.jobs import (
    JITTER_PERCENT,
    POLL_DELAYS_MS,
    RETRY_DELAYS_MS,
    TRANSFER_DELAYS_MS,
    Job,
    JobKind,
    retry_at,
)

NOW_MS = 1_700_000_000_000


@given(
    st.sampled_from((RETRY_DELAYS_MS, POLL_DELAYS_MS, TRANSFER_DELAYS_MS)),
    st.integers(0, 1000),
    st.text(max_size=30),
)
def test_a_delay_is_that_of_the_attempt_and_at_most_the_jitter_more(
    delays_ms: tuple[int, ...], attempts: int, subject: str
) -> None:
    job = Job(JobKind.ASK_REFUND, subject, NOW_MS, attempts)
    delay_ms = delays_ms[min(attempts, len(delays_ms) - 1)]
    wait_ms = retry_at(job, NOW_MS, delays_ms) - NOW_MS
    assert delay_ms <= wait_ms <= delay_ms * (100 + JITTER_PERCENT) // 100


def test_the_same_job_is_always_due_at_the_same_time() -> None:
    """A replay has to lead to what was stored."""
    job = Job(JobKind.ASK_REFUND, "ref_1", NOW_MS, 2)
    assert retry_at(job, NOW_MS) == retry_at(job, NOW_MS)


def test_jobs_of_one_moment_come_back_spread_out() -> None:
    jobs = [Job(JobKind.ASK_REFUND, f"ref_{number}", NOW_MS) for number in range(200)]
    waits_ms = sorted(retry_at(job, NOW_MS, (100_000,)) - NOW_MS for job in jobs)
    assert waits_ms[0] < 102_000
    assert waits_ms[-1] > 118_000
    assert len(set(waits_ms)) > 100


@pytest.mark.parametrize("delays_ms", [RETRY_DELAYS_MS, POLL_DELAYS_MS])
def test_delays_grow(delays_ms: tuple[int, ...]) -> None:
    assert list(delays_ms) == sorted(set(delays_ms))


def test_a_key_names_the_kind_and_what_it_is_about() -> None:
    assert Job(JobKind.REVERSE_TRANSFER, "ref_1:trf_1", 0).key == "reverse_transfer:ref_1:trf_1"
