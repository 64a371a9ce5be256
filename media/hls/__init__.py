"""HLS: frames into segments of fragmented MP4, and the playlists that name them."""

from media.hls.facts import IngestFacts
from media.hls.init_segment import InitSegmentError
from media.hls.rendition import RenditionInfo
from media.hls.segmenter import Segmenter
from media.hls.settings import SegmentSettings
from media.hls.window import Window

__all__ = [
    "IngestFacts",
    "InitSegmentError",
    "RenditionInfo",
    "SegmentSettings",
    "Segmenter",
    "Window",
]
