"""Answers to requests for init segments and segments: whole, in part, or known already."""

from server.door import RequestHead
from server.edge.answers import Answer, error
from server.edge.paths import MediaPath
from server.edge.ranges import RangeNotSatisfiable, parse_range

CONTENT_TYPES = {"audio": b"audio/mp4"}
DEFAULT_CONTENT_TYPE = b"video/mp4"


def media(head: RequestHead, path: MediaPath, body: bytes, caching: bytes) -> Answer:
    """Answer with a file that never changes; its name within the stream is its ETag."""
    etag = f'"{path.show_id}/{path.name}"'.encode("ascii")
    headers = b"Content-Type: %b\r\n%bETag: %b\r\nAccept-Ranges: bytes\r\n" % (
        CONTENT_TYPES.get(path.rendition, DEFAULT_CONTENT_TYPE),
        caching,
        etag,
    )
    known = head.header(b"if-none-match")
    if known is not None and _names(known, etag):
        return Answer(304, headers)
    wanted = head.header(b"range")
    if wanted is None or head.method != "GET" or head.header(b"if-range") not in (None, etag):
        return Answer(200, headers, body)
    try:
        span = parse_range(wanted, len(body))
    except RangeNotSatisfiable:
        size = b"Content-Range: bytes */%d\r\n" % len(body)
        return error(416, "range_not_satisfiable", "The range lies outside the file.", size)
    if span is None:
        return Answer(200, headers, body)
    start, end = span
    headers += b"Content-Range: bytes %d-%d/%d\r\n" % (start, end - 1, len(body))
    return Answer(206, headers, memoryview(body)[start:end])


def _names(if_none_match: bytes, etag: bytes) -> bool:
    """Compare weakly (RFC 9110 section 13.1.2)."""
    tags = [tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")]
    return etag in tags or tags == [b"*"]
