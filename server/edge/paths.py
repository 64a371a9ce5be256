"""The names under ``/live/``."""

from dataclasses import dataclass

from server.door import EDGE_PREFIX

SESSION_MARK = "~"


@dataclass(frozen=True, slots=True)
class IndexPath:
    """The multivariant playlist: ``{stream}/index.m3u8``, or ``{stream}/~{session}/index.m3u8``.

    The second one is a ticketed stream's.
    """

    stream_id: str
    session: str | None = None


@dataclass(frozen=True, slots=True)
class PlaylistPath:
    """A session's media playlist: ``{stream}/{show}/~{session}/{rendition}/media.m3u8``."""

    stream_id: str
    show_id: str
    session: str
    rendition: str


@dataclass(frozen=True, slots=True)
class MediaPath:
    """An init segment or segment: ``{stream}/{show}/{rendition}/{file}``.

    Of a ticketed show it is ``{stream}/{show}/~{session}/{rendition}/{file}``. ``name`` is
    ``{rendition}/{file}``.
    """

    stream_id: str
    show_id: str
    rendition: str
    name: str
    session: str | None = None


LivePath = IndexPath | PlaylistPath | MediaPath


def parse_live_path(path: str) -> LivePath | None:
    """Read a path that begins with ``/live/``; None where it can name nothing.

    Nothing is decoded: every name of ours is spelt in one way only.
    """
    match path.removeprefix(EDGE_PREFIX).split("/"):
        case [stream_id, "index.m3u8"]:
            return IndexPath(stream_id)
        case [stream_id, show_id, session, rendition, "media.m3u8"] if session[:1] == SESSION_MARK:
            return PlaylistPath(stream_id, show_id, session[1:], rendition)
        case [stream_id, show_id, rendition, file]:
            return MediaPath(stream_id, show_id, rendition, f"{rendition}/{file}")
        case [stream_id, show_id, session, rendition, file] if session[:1] == SESSION_MARK:
            return MediaPath(stream_id, show_id, rendition, f"{rendition}/{file}", session[1:])
        case [stream_id, session, "index.m3u8"] if session[:1] == SESSION_MARK:
            return IndexPath(stream_id, session[1:])
        case _:
            return None
