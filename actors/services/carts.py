"""What somebody wants to buy: products of one seller, in one currency, none owned already."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One product of an order, with its price in minor units at the time of buying."""

    product: str
    kind: str
    title: str
    amount: int
    stream: str | None = None
    recording: str | None = None
    limited: bool = False
    """Whether the product has a capacity, of which this takes one."""


@dataclass(frozen=True, slots=True)
class Cart:
    """What is bought by whom, from whom."""

    buyer: str
    buyer_name: str
    seller: str
    seller_name: str
    currency: str
    lines: tuple[Line, ...]

    @property
    def amount(self) -> int:
        """What it costs in all."""
        return sum(line.amount for line in self.lines)
