"""Silent packets, for where a publisher's audio is missing and players must not stall."""

import av

from media.codecs import AudioInfo
from media.codecs.flac import largest_block_samples, sample_bits
from media.codecs.mp3 import mp3_silence
from media.codecs.opus import stream_counts
from media.frames import AudioConfig, Codec

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

_OPUS_CELT_20_MS = 31 << 3  # the first byte of a packet of one CELT frame, full band
_OPUS_STEREO = 1 << 2
_OPUS_SILENT_FRAME = b"\xff\xfe"  # the range coder's first symbol says silence (RFC 6716, 4.3)

_FLAC_CRC_8, _FLAC_CRC_16 = 0x107, 0x18005  # generators (RFC 9639, 9.1.8 and 9.3)
_FLAC_BLOCK_SAMPLES = 1024  # what does not fit whole stays a hole: a block of 4608 is 96 ms

# By acmod, without and with an LFE channel: FFmpeg's names of the layouts its encoders take.
_AC3_LAYOUTS = {
    1: ("mono", "mono"), 2: ("stereo", "2.1"), 3: ("3.0", "3.1"), 4: ("3.0(back)", "3.0(back)"),
    5: ("4.0", "4.1"), 6: ("quad(side)", "quad(side)"), 7: ("5.0(side)", "5.1(side)"),
}  # fmt: skip
_AC3_SAMPLES = 1536


def silent_packet(config: AudioConfig, info: AudioInfo) -> bytes:
    """A packet that decodes to silence, as it may stand among those of this configuration."""
    match config.codec:
        case Codec.AAC:
            return silent_aac_frame(info.coded_channels)
        case Codec.OPUS:
            return silent_opus_packet(*stream_counts(config.record))
        case Codec.FLAC:
            return silent_flac_frame(config.record, info.channels)
        case Codec.MP3:
            return mp3_silence(config.record)
        case _:
            return silent_ac3_frame(config, info)


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


def silent_opus_packet(streams: int, coupled: int) -> bytes:
    """20 ms of silence in each stream, the first ``coupled`` of them stereo."""
    packet = b""
    for index in range(streams):
        first = bytes([_OPUS_CELT_20_MS | (_OPUS_STEREO if index < coupled else 0)])
        is_last = index == streams - 1
        # All but the last stream's packets tell their length (RFC 6716, appendix B).
        length = b"" if is_last else bytes([len(_OPUS_SILENT_FRAME)])
        packet += first + length + _OPUS_SILENT_FRAME
    return packet


def silent_flac_frame(streaminfo: bytes, channels: int) -> bytes:
    """One frame (RFC 9639, 9) of constant subframes of zeros."""
    block = min(largest_block_samples(streaminfo), _FLAC_BLOCK_SAMPLES)
    # A 16-bit block size follows; sample rate and size are as in STREAMINFO; frame number 0.
    head = bytes([0xFF, 0xF8, 0x70, (channels - 1) << 4, 0]) + (block - 1).to_bytes(2, "big")
    head += _crc(head, _FLAC_CRC_8, 8)
    subframe = "0" * 8 + "0" * sample_bits(streaminfo)
    bits = subframe * channels
    bits += "0" * (-len(bits) % 8)
    frame = head + bytes(len(bits) // 8)
    return frame + _crc(frame, _FLAC_CRC_16, 16)


def _crc(data: bytes, generator: int, width: int) -> bytes:
    remainder = 0
    for byte in data:
        remainder ^= byte << (width - 8)
        for _ in range(8):
            remainder <<= 1
            if remainder >> width:
                remainder ^= generator
    return remainder.to_bytes(width // 8, "big")


def silent_ac3_frame(config: AudioConfig, info: AudioInfo) -> bytes:
    """One sync frame, by FFmpeg's encoder: its bits are no pattern that one could write down."""
    _, _, acmod, lfe = config.record
    encoder = av.CodecContext.create(config.codec, "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.format = info.sample_rate, "fltp"
    encoder.layout = _AC3_LAYOUTS.get(acmod, _AC3_LAYOUTS[2])[lfe]
    sound = av.AudioFrame("fltp", encoder.layout.name, _AC3_SAMPLES)
    sound.sample_rate = info.sample_rate
    for plane in sound.planes:
        plane.update(bytes(plane.buffer_size))
    return bytes(encoder.encode(sound)[0])
