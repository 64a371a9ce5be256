"""A provider that does all that a provider can do wrong, and the count of what it did."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx

from bench.money.processes import API_KEY, Town

SILENCE_S = 0.3
LATE_S = 1.5

RULES: tuple[tuple[str, str, float, Mapping[str, Any]], ...] = (
    ("create_payment", "drop_reply", 0.05, {"delay_s": SILENCE_S}),
    ("create_payment", "5xx_before", 0.05, {}),
    ("create_payment", "5xx_after", 0.05, {}),
    ("get_payment", "5xx_before", 0.10, {}),
    ("get_payment", "drop_reply", 0.03, {"delay_s": SILENCE_S}),
    ("pay", "webhook_before_reply", 0.20, {}),
    ("pay", "drop_reply", 0.05, {"delay_s": SILENCE_S}),
    ("pay", "5xx_after", 0.05, {}),
    ("create_refund", "drop_reply", 0.10, {"delay_s": SILENCE_S}),
    ("create_refund", "delay", 0.05, {"delay_s": LATE_S}),
    ("create_refund", "5xx_before", 0.06, {"status": 503}),
    ("create_refund", "5xx_after", 0.10, {"status": 502}),
    ("create_refund", "timeout_then_success", 0.08, {}),
    ("create_refund", "timeout_then_success", 0.04, {"then": "failed"}),
    ("create_refund", "succeed_at_once", 0.08, {}),
    ("create_refund", "webhook_before_reply", 0.20, {}),
    ("create_refund", "ir_13_on_retry", 0.50, {}),
    ("create_refund", "double_success", 0.50, {}),
    ("get_refund", "5xx_before", 0.10, {}),
    ("get_refund", "drop_reply", 0.05, {"delay_s": SILENCE_S}),
    ("transfer", "drop_reply", 0.08, {"delay_s": SILENCE_S}),
    ("transfer", "5xx_before", 0.05, {}),
    ("transfer", "5xx_after", 0.08, {}),
    ("get_transfer", "5xx_before", 0.10, {}),
    ("reverse_transfer", "drop_reply", 0.08, {"delay_s": SILENCE_S}),
    ("reverse_transfer", "5xx_before", 0.05, {}),
    ("reverse_transfer", "5xx_after", 0.08, {}),
    ("webhook", "webhook_lost", 0.10, {}),
    ("webhook", "webhook_duplicate", 0.20, {"copies": 2}),
    ("webhook", "webhook_reorder", 0.20, {"delay_s": LATE_S}),
    ("webhook", "wrong_amount", 0.03, {"by": 7}),
)
"""Operation, fault, probability and what more the rule says."""


class Faults:
    """The provider's faults; a new life of it draws other lots."""

    def __init__(self, town: Town, seed: int) -> None:
        self._town = town
        self._seed = seed
        self._lives = 0
        self.fired: Counter[str] = Counter()

    def write(self) -> None:
        """Write the script that the provider's next life reads."""
        self._lives += 1
        script = {
            "seed": self._seed * 1000 + self._lives,
            "rules": [
                {"on": on, "fault": fault, "probability": probability, **more}
                for on, fault, probability, more in RULES
            ],
        }
        self._town.faults_file.write_text(json.dumps(script))

    async def count(self) -> None:
        """Add what this life has done so far; to be called once in each, at its end."""
        status = await ask_psp(self._town, "GET", "/control/status")
        for (on, fault, _, _), times in zip(RULES, status["faults_fired"], strict=True):
            self.fired[f"{on}: {fault}"] += times

    async def off(self) -> None:
        """Have the provider behave from now on."""
        await self.count()
        await ask_psp(self._town, "PUT", "/control/faults", [])


async def ask_psp(town: Town, method: str, path: str, body: Any = None, **query: str) -> Any:
    """Ask the provider's dashboard."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.request(
            method, f"{town.psp_url}{path}", json=body, params=query, headers={"api-key": API_KEY}
        )
    answer.raise_for_status()
    return answer.json()
