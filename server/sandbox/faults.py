"""The fault script: which of the provider's operations go wrong, in what way, and when.

A script is JSON: ``{"seed": 7, "rules": [{"on": "create_refund", "fault": "drop_reply",
"probability": 0.2}, …]}``, or the list of rules alone. Each rule counts the operations that it is
``on`` from 1, and fires with ``probability``, at ``every`` n-th, at the ``nth`` (a number or some),
or, with none of the three, always; ``times`` bounds how often. The same seed and the same order of
operations give the same faults.

Faults of all requests:

- ``delay``: it is carried out ``delay_s`` later, also where the caller has hung up by then.
- ``5xx_before``, ``5xx_after``: answered with ``status``, not done or done.
- ``drop_reply``: done; then ``delay_s`` of silence, and the connection is cut.
- ``wrong_amount``: the answer's amounts are wrong ``by`` minor units, the truth is right.

Of ``create_refund``:

- ``timeout_then_success``: answered 200 ``failed`` with ``TIMEOUT``; settles as ``then``.
- ``succeed_at_once``: the answer says ``succeeded`` already.
- ``webhook_before_reply`` (of ``pay`` too): settled, and the webhook is sent before the answer,
  which still says ``pending``.
- ``ir_13_on_retry``: a known refund id hears IR_13 in place of HE_01.
- ``double_success``: taken though it exceeds what was captured.

Of ``webhook`` (counted as they are written, not as they are sent): ``delay`` and
``webhook_reorder`` hold one back for ``delay_s``, so that later ones overtake it; ``webhook_lost``
sends it never, ``webhook_duplicate`` ``copies`` times more; ``wrong_amount`` as above.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

MAX_RULES_COUNT = 100
MAX_NTH_COUNT = 1000
MAX_FAULT_DELAY_S = 60.0
MAX_COPIES_COUNT = 10
MAX_WRONG_BY = 1_000_000
DEFAULT_DELAY_S = 2.0

Operation = Literal[
    "create_payment",
    "get_payment",
    "cancel_payment",
    "pay",
    "create_refund",
    "get_refund",
    "list_refunds",
    "transfer",
    "get_transfer",
    "reverse_transfer",
    "webhook",
]
Fault = Literal[
    "delay",
    "5xx_before",
    "5xx_after",
    "drop_reply",
    "wrong_amount",
    "timeout_then_success",
    "succeed_at_once",
    "webhook_before_reply",
    "ir_13_on_retry",
    "double_success",
    "webhook_lost",
    "webhook_duplicate",
    "webhook_reorder",
]

_OF_REQUESTS = frozenset({"delay", "5xx_before", "5xx_after", "drop_reply", "wrong_amount"})
_OF_WEBHOOKS = frozenset(
    {"delay", "wrong_amount", "webhook_lost", "webhook_duplicate", "webhook_reorder"}
)
_OF_REFUNDS = frozenset(
    {
        "timeout_then_success",
        "succeed_at_once",
        "webhook_before_reply",
        "ir_13_on_retry",
        "double_success",
    }
)
FAULTS_OF: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(get_args(Operation), _OF_REQUESTS),
    "pay": _OF_REQUESTS | {"webhook_before_reply"},
    "create_refund": _OF_REQUESTS | _OF_REFUNDS,
    "webhook": _OF_WEBHOOKS,
}
"""Which faults an operation can have."""

Nth = Annotated[int, Field(ge=1)]


class FaultRule(BaseModel):
    """One line of a script.

    ``delay_s`` is of delay, webhook_reorder, and drop_reply (the silence before the connection is
    cut); ``status`` of the 5xx; ``by`` of wrong_amount, in minor units; ``copies`` of
    webhook_duplicate; ``then`` is how a timeout_then_success really ends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Operation
    fault: Fault
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    every: Nth | None = None
    nth: Annotated[tuple[Nth, ...], Field(min_length=1, max_length=MAX_NTH_COUNT)] | None = None
    times: Nth | None = None
    delay_s: Annotated[float, Field(ge=0, le=MAX_FAULT_DELAY_S)] = DEFAULT_DELAY_S
    status: Annotated[int, Field(ge=500, le=599)] = 500
    by: Annotated[int, Field(ge=-MAX_WRONG_BY, le=MAX_WRONG_BY)] = 1
    copies: Annotated[int, Field(ge=1, le=MAX_COPIES_COUNT)] = 1
    then: Literal["succeeded", "failed"] = "succeeded"

    @model_validator(mode="before")
    @classmethod
    def _one_nth(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("nth"), int):
            return value | {"nth": (value["nth"],)}
        return value

    @model_validator(mode="after")
    def _fits(self) -> "FaultRule":
        if self.fault not in FAULTS_OF[self.on]:
            raise ValueError(f"{self.on} has no fault {self.fault}")
        if sum(when is not None for when in (self.probability, self.every, self.nth)) > 1:
            raise ValueError("only one of probability, every and nth")
        return self


class FaultScript(BaseModel):
    """All rules; without one, everything goes well."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    rules: Annotated[tuple[FaultRule, ...], Field(max_length=MAX_RULES_COUNT)] = ()


_SCRIPT: TypeAdapter[FaultScript | tuple[FaultRule, ...]] = TypeAdapter(
    FaultScript | Annotated[tuple[FaultRule, ...], Field(max_length=MAX_RULES_COUNT)]
)


def read_fault_script(text: bytes | str) -> FaultScript:
    """Read a script from its JSON. ValueError, with a line for each fault."""
    try:
        read = _SCRIPT.validate_json(text)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise ValueError("; ".join(lines)) from None
    return read if isinstance(read, FaultScript) else FaultScript(rules=read)


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that fire at one operation."""

    rules: tuple[FaultRule, ...] = ()

    def get(self, fault: Fault) -> FaultRule | None:
        """Return the first rule with this fault, or None."""
        return next((rule for rule in self.rules if rule.fault == fault), None)

    def __contains__(self, fault: Fault) -> bool:
        return self.get(fault) is not None


class Faults:
    """A script under way: counts the operations, and how often each rule has fired."""

    def __init__(self, script: FaultScript) -> None:
        self.script = script
        self._seen: Counter[Operation] = Counter()
        self._fired: Counter[int] = Counter()

    def replace(self, script: FaultScript) -> None:
        """Begin another script, counting from the start."""
        self.script = script
        self._seen.clear()
        self._fired.clear()

    def plan(self, on: Operation) -> Plan:
        """Count one operation, and tell what goes wrong with it."""
        self._seen[on] += 1
        firing = []
        for index, rule in enumerate(self.script.rules):
            if rule.on != on or (rule.times is not None and self._fired[index] >= rule.times):
                continue
            if _fires(rule, self._seen[on], f"{self.script.seed}:{index}:{self._seen[on]}"):
                self._fired[index] += 1
                firing.append(rule)
        return Plan(tuple(firing))

    def fired(self) -> list[int]:
        """Tell how often each rule has fired, in the script's order."""
        return [self._fired[index] for index in range(len(self.script.rules))]


def _fires(rule: FaultRule, count: int, lot: str) -> bool:
    if rule.probability is not None:
        drawn = int.from_bytes(hashlib.sha256(lot.encode()).digest()[:8])
        return drawn / 2**64 < rule.probability
    if rule.every is not None:
        return count % rule.every == 0
    return rule.nth is None or count in rule.nth


AMOUNTS = ("amount", "net_amount", "amount_received")


def with_wrong_amount(view: Mapping[str, Any], by: int) -> dict[str, Any]:
    """Copy a view with its amounts wrong ``by`` minor units; a dispute's is a text."""
    wrong = dict(view)
    for name in AMOUNTS:
        value = view.get(name)
        if isinstance(value, int):
            wrong[name] = value + by
        elif isinstance(value, str):
            wrong[name] = str(int(value) + by)
    return wrong
