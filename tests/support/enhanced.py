"""Enhanced RTMP's tag bodies, as an encoder writes them."""

VIDEO_MULTITRACK, AUDIO_MULTITRACK, MODEX = 6, 5, 7
ONE_TRACK, MANY_TRACKS, MANY_CODECS = 0, 1, 2


def video_tag(packet_type: int, fourcc: bytes, body: bytes = b"", *, frame_type: int = 1) -> bytes:
    return bytes([0x80 | frame_type << 4 | packet_type]) + fourcc + body


def audio_tag(packet_type: int, fourcc: bytes, body: bytes = b"") -> bytes:
    return bytes([0x90 | packet_type]) + fourcc + body


def modified(tag: bytes, *modifiers: tuple[int, bytes]) -> bytes:
    """The tag with ModEx of these kinds and data before its own packet type."""
    kinds = [kind for kind, _ in modifiers]
    next_types = [MODEX] * (len(modifiers) - 1) + [tag[0] & 0xF]
    out = bytes([tag[0] & 0xF0 | MODEX])
    for kind, next_type, (_, data) in zip(kinds, next_types, modifiers, strict=True):
        long = len(data) >= 256
        size = b"\xff" + (len(data) - 1).to_bytes(2, "big") if long else bytes([len(data) - 1])
        out += size + data + bytes([kind << 4 | next_type])
    return out + tag[1:]


def tracks(
    first_byte: int, packet_type: int, kind: int, parts: list[tuple[bytes, int, bytes]]
) -> bytes:
    """A tag of several tracks, each (FourCC, number, body); ``first_byte`` says Multitrack."""
    out = bytes([first_byte, kind << 4 | packet_type])
    if kind != MANY_CODECS:
        out += parts[0][0]
    for fourcc, number, body in parts:
        if kind == MANY_CODECS:
            out += fourcc
        out += bytes([number])
        if kind != ONE_TRACK:
            out += len(body).to_bytes(3, "big")
        out += body
    return out
