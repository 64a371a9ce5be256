"""A silent AAC frame, for where a publisher's audio is missing and players must not stall."""

# Which elements a raw_data_block has for a number of channels (ISO/IEC 14496-3, 1.6.3.5).
_ELEMENTS = {
    1: ("sce",),
    2: ("cpe",),
    3: ("sce", "cpe"),
    4: ("sce", "cpe", "sce"),
    5: ("sce", "cpe", "cpe"),
    6: ("sce", "cpe", "cpe", "lfe"),
    7: ("sce", "cpe", "cpe", "sce", "lfe"),
    8: ("sce", "cpe", "cpe", "cpe", "lfe"),
}
_ELEMENT_ID = {"sce": "000", "cpe": "001", "lfe": "011"}
_END = "111"

# individual_channel_stream (4.4.2.7): global_gain, then ics_info of one long window without a
# single scale factor band, so that no section or spectrum follows; no pulse, tns, gain control.
_CHANNEL = "0" * 8 + "0" + "00" + "0" + "000000" + "0" + "000"


def silent_aac_frame(channels: int) -> bytes:
    """One raw access unit of AAC (LC, or the core of HE-AAC) that decodes to silence.

    ``channels`` is the number of coded channels, 1 to 8: one for parametric stereo.
    """
    bits = ""
    tags = dict.fromkeys(_ELEMENT_ID, 0)
    for element in _ELEMENTS[channels]:
        bits += _ELEMENT_ID[element] + f"{tags[element]:04b}"
        bits += "0" + _CHANNEL + _CHANNEL if element == "cpe" else _CHANNEL
        tags[element] += 1
    bits += _END
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
