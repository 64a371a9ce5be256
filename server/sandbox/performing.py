"""Carries out an operation as the fault script wants it: late, twice told, or without an answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import trio

from server.sandbox.errors import ReplyCut, SandboxError, ServerFault
from server.sandbox.faults import Faults, Operation, Plan, with_wrong_amount
from storage import StoreError

MAX_LATE_COUNT = 256
"""Operations that wait for their time at once."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an operation answers, and the ids of the webhooks that it caused."""

    view: Mapping[str, Any]
    webhooks: Sequence[str] = ()
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


Work = Callable[[Plan], Awaitable[Done]]


@dataclass(slots=True)
class _Late:
    """The outcome of an operation that is carried out whether or not its caller still waits."""

    ended: trio.Event = field(default_factory=trio.Event)
    done: Done | None = None
    error: SandboxError | StoreError | None = None


class Performer:
    """Performs operations under faults. ``deliver`` sends one webhook now, and waits for that."""

    def __init__(self, faults: Faults, deliver: Callable[[str], Awaitable[None]]) -> None:
        self._faults = faults
        self._deliver = deliver
        self._nursery: trio.Nursery | None = None
        self._late_count = 0

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold the operations that are carried out late, until cancelled."""
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = None

    async def perform(self, on: Operation, work: Work) -> Done:
        """Do ``work`` once, or not at all. Raises SandboxError and StoreError."""
        plan = self._faults.plan(on)
        if delay := plan.get("delay"):
            return await self._perform_late(delay.delay_s, plan, work)
        return await self._act(plan, work)

    async def _perform_late(self, delay_s: float, plan: Plan, work: Work) -> Done:
        """Let the work go on where the caller hangs up: its effect may come after its time-out."""
        if self._nursery is None or self._late_count >= MAX_LATE_COUNT:
            raise ServerFault(HTTPStatus.SERVICE_UNAVAILABLE)
        late = _Late()
        self._late_count += 1
        self._nursery.start_soon(self._act_late, delay_s, plan, work, late)
        await late.ended.wait()
        if late.error is not None:
            raise late.error
        if late.done is None:  # the sandbox ends
            raise ServerFault(HTTPStatus.SERVICE_UNAVAILABLE)
        return late.done

    async def _act_late(self, delay_s: float, plan: Plan, work: Work, late: _Late) -> None:
        try:
            await trio.sleep(delay_s)
            late.done = await self._act(plan, work)
        except (SandboxError, StoreError) as error:
            late.error = error
        finally:
            self._late_count -= 1
            late.ended.set()

    async def _act(self, plan: Plan, work: Work) -> Done:
        if before := plan.get("5xx_before"):
            raise ServerFault(before.status)
        done = await work(plan)
        if "webhook_before_reply" in plan:
            for webhook_id in done.webhooks:
                await self._deliver(webhook_id)
        if after := plan.get("5xx_after"):
            raise ServerFault(after.status)
        if drop := plan.get("drop_reply"):
            await trio.sleep(drop.delay_s)
            raise ReplyCut("the reply is dropped")
        if wrong := plan.get("wrong_amount"):
            view = with_wrong_amount(done.view, wrong.by)
            return Done(view, done.webhooks, done.status, done.headers)
        return done
