"""A bit reader for codec configuration records: most significant bit first."""

MAX_GOLOMB_ZERO_BITS = 32


class BitsError(ValueError):
    """The bits ended before the syntax did, or hold a number no codec writes."""


class BitReader:
    """Reads unsigned fields from ``data`` (short: a configuration record, not a picture)."""

    __slots__ = ("_bits", "_left")

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    @property
    def left(self) -> int:
        """Bits not read yet."""
        return self._left

    def read(self, width: int) -> int:
        """The next ``width`` bits; raises BitsError where fewer are left."""
        value = self.peek(width)
        self._left -= width
        return value

    def peek(self, width: int) -> int:
        """The next ``width`` bits, left in place; raises BitsError where fewer are left."""
        if width > self._left:
            raise BitsError(f"{width} bits are needed and {self._left} are left")
        return (self._bits >> (self._left - width)) & ((1 << width) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return self.read(1) == 1

    def unsigned_golomb(self) -> int:
        """An ue(v) of ITU-T H.264, 9.1."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > MAX_GOLOMB_ZERO_BITS:
                raise BitsError("an Exp-Golomb number is longer than any codec writes")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed_golomb(self) -> int:
        """An se(v) of ITU-T H.264, 9.1.1."""
        code = self.unsigned_golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)
