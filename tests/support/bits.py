"""Writes what media.bits reads."""


class BitWriter:
    """Fields one after another, most significant bit first."""

    def __init__(self) -> None:
        self.text = ""

    def put(self, *fields: tuple[int, int]) -> "BitWriter":
        for value, width in fields:
            self.text += format(value, f"0{width}b") if width else ""
        return self

    def golomb(self, *values: int) -> "BitWriter":
        for value in values:
            code = format(value + 1, "b")
            self.text += "0" * (len(code) - 1) + code
        return self

    def done(self) -> bytes:
        padded = self.text + "0" * (-len(self.text) % 8)
        return int(padded or "0", 2).to_bytes(len(padded) // 8, "big")
