"""Whatever happens, in whatever order, no rule of the money is broken, and at rest all agree.

``BANDSTAND_EXAMPLES`` sets how many schedules are tried; the figures are printed with ``-s``.
"""

import os
import tempfile
from collections import Counter
from pathlib import Path

import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.money_stage import open_money_stage
from trio.testing import MockClock

EXAMPLES = int(os.environ.get("BANDSTAND_EXAMPLES", "100"))
MAX_STEPS = 40

which = st.integers(0, 5)
refund_word = st.sampled_from(["succeeded", "succeeded", "succeeded", "failed", "review"])
seconds = st.sampled_from([0, 1, 3])

RULES = {
    # What people do.
    "order": (3, st.integers(0, 1), st.integers(1, 7)),
    "pay": (4, which, st.sampled_from(["succeeded", "succeeded", "succeeded", "failed"])),
    "ask back": (4, which, st.sampled_from(["buyer", "seller", "admin", "stranger"]), st.none()),
    "ask some back": (3, which, st.just("buyer"), st.sampled_from([1, 10, 333, 500, 999])),
    "ask items back": (2, which, st.integers(1, 7)),
    "cancel the show": (1, st.integers(0, 2)),
    "name account": (2,),
    "decide": (2, which),
    "decide payment": (1, which),
    # What the providers do.
    "settle": (5, which, refund_word),
    "turn": (2, which),
    "capture other": (1, which),
    "return other": (1, which),
    "dispute": (1, which, st.sampled_from([100, 1000, 5000])),
    "end dispute": (2, which, st.sampled_from(["won", "lost", "lost"])),
    "fault": (3, st.sampled_from(["drop", "lose", "refuse", "fail", "timeout", "review"])),
    "payout fault": (2, st.sampled_from(["drop", "lose", "refuse"])),
    "silent": (1, st.booleans()),
    "instant": (1, st.booleans()),
    "broke": (1, st.booleans()),
    "deaf": (1, st.booleans()),
    # What the network does.
    "set wire": (3, seconds, st.sampled_from([0, 1, 3, 20])),
    "deliver": (6, which, st.integers(1, 2)),
    "deliver again": (1, which),
    "lose webhook": (2, which),
    "forge": (1, which),
    # What we do.
    "fail commit": (2, st.sampled_from(["unavailable", "lost", "landed"])),
    "crash": (2,),
    "sweep": (2, st.booleans()),
    "wait": (5, st.sampled_from([1, 12, 70, 1900, 8000, 90_000, 1_300_000])),
}
"""By name: how often a step is chosen, and its arguments."""

step = st.one_of(
    [
        st.tuples(st.just(name), *arguments)
        for name, (weight, *arguments) in RULES.items()
        for _ in range(weight)
    ]
)
schedule = st.integers(0, MAX_STEPS).flatmap(lambda n: st.lists(step, min_size=n, max_size=n))
terms = st.tuples(st.sampled_from([0, 250, 3333]), st.booleans())


ORDERED = (("order", 0, 7), ("pay", 0, "succeeded"))
PAID = (*ORDERED, ("deliver", 0, 1))
SENT = (*PAID, ("name account",), ("wait", 8000))
ASKED_BACK = (*SENT, ("ask back", 0, "buyer", None))
GIVEN_BACK = (*ASKED_BACK, ("settle", 0, "succeeded"), ("deliver", 0, 1))
beginning = st.sampled_from([ORDERED, ORDERED, PAID, SENT, ASKED_BACK, GIVEN_BACK])


def test_any_schedule() -> None:
    tried: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(terms=terms, beginning=beginning, steps=schedule)
    def check(
        terms: tuple[int, bool],
        beginning: tuple[tuple[object, ...], ...],
        steps: list[tuple[object, ...]],
    ) -> None:
        async def run() -> None:
            with tempfile.TemporaryDirectory() as folder:
                async with open_money_stage(Path(folder), *terms) as stage:
                    await stage.play([*beginning, *steps])

        tried["schedules"] += 1
        tried.update(str(name) for name, *_ in steps)
        trio.run(run, clock=MockClock(autojump_threshold=0))

    check()
    schedules = tried.pop("schedules")
    print(f"{schedules} schedules, {tried.total()} steps: {dict(tried.most_common())}")
