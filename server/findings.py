"""What the doctor finds, a line for each thing that it has looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check went; with ``FAIL`` something must be put right before the server is used."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``advice`` is what to do, empty where there is nothing."""

    verdict: Verdict
    subject: str
    says: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{self.verdict:<4}  {self.subject}: {self.says}"
        return f"{line}\n      -> {self.advice}" if self.advice else line
