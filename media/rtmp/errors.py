"""What ends an RTMP connection from our side."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Why a connection cannot go on; stable names for logs, metrics and health."""

    BAD_HANDSHAKE = "bad_handshake"
    BAD_CHUNK = "bad_chunk"
    BAD_CHUNK_SIZE = "bad_chunk_size"
    BAD_CONTROL_MESSAGE = "bad_control_message"
    BAD_AMF = "bad_amf"
    BAD_ADDRESS = "bad_address"
    BAD_AGGREGATE = "bad_aggregate"
    BAD_CODEC_CONFIG = "bad_codec_config"
    BAD_MEDIA_TAG = "bad_media_tag"
    CODEC_UNSUPPORTED = "codec_unsupported"
    COMMAND_TOO_LONG = "command_too_long"
    MESSAGE_TOO_LONG = "message_too_long"
    TOO_MANY_CHUNK_STREAMS = "too_many_chunk_streams"
    TOO_MANY_COMMANDS = "too_many_commands"
    TOO_MANY_TINY_CHUNKS = "too_many_tiny_chunks"
    TOO_MUCH_BUFFERED = "too_much_buffered"
    TOO_MUCH_UNSENT = "too_much_unsent"
    UNEXPECTED_COMMAND = "unexpected_command"


class RtmpError(Exception):
    """The peer broke the protocol, or sends what cannot be taken; send what is queued and close.

    ``code`` is an ErrorCode, ``message`` a sentence for the broadcaster.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
