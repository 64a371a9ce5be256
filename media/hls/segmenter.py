"""The segmenter: frames in, segments out, cut where players can start.

Video and audio are cut together. With video, a segment ends at the first key frame at or after the
target; without, at the target. TARGETDURATION is fixed when the first segment is closed; where a
later GOP is longer than it allows, the segment is cut anyway. A track that falls silent while the
other goes on does not hold it for longer than MAX_TRACK_LAG_MS, and is then filled in.
"""

from collections.abc import Mapping, Sequence

from media.frames import AudioConfig, AudioFrame, Frame, VideoConfig, VideoFrame
from media.hls.audio_track import AudioTrack
from media.hls.cutting import OVERRUN_MS, find_cut, fix_target_duration
from media.hls.facts import IngestFacts
from media.hls.rendition import Renditions
from media.hls.segment import MediaSegment, Segment
from media.hls.settings import SegmentSettings
from media.hls.start import StartGate
from media.hls.video_track import VideoTrack
from media.hls.window import LiveWindow, Window
from media.timeline import MediaType, Step, Timeline

MAX_TRACK_LAG_MS = 3_000  # how much later than the other a track may arrive
MAX_OPEN_BYTES = 32 * 1024 * 1024  # queued for the open segment; more is cut at once


class Segmenter:
    """Cuts one show. ``push`` raises CodecError or InitSegmentError on what cannot be played.

    ``ticketed`` is whether each request for it is to name its session; this holds for the show.
    """

    def __init__(
        self, show_id: str, settings: SegmentSettings | None = None, *, ticketed: bool = False
    ) -> None:
        self._settings = settings or SegmentSettings()
        self._target_ms = round(self._settings.target_segment_s * 1000)
        self._timeline = Timeline()
        self._video = VideoTrack()
        self._audio = AudioTrack()
        self._gate = StartGate(round(self._settings.max_segment_s * 1000))
        self._live = LiveWindow(show_id, self._settings.window_segments, ticketed=ticketed)
        self._renditions = Renditions()
        self._target_duration_s = 0  # not fixed yet
        self._msn = 0
        self._running = False  # between a start and an interruption
        self._ended = False
        self._start_ms = 0  # of the open segment
        self._discontinuity = False  # at its start
        self._discontinuities = 0
        self._break_due = False  # at the next place where it can be
        self._wall_offset_ms = 0
        self._now_ms = 0
        self._arrived_ms: dict[MediaType, int] = {}
        self._long_gops = 0
        self._window: Window | None = None

    def push(self, frames: Sequence[Frame], now_ms: int) -> bool:
        """Take frames in the order of arrival; True if there is a new window.

        ``now_ms`` is Unix time (ms), for EXT-X-PROGRAM-DATE-TIME.
        """
        assert not self._ended, "the show has ended"
        self._now_ms = now_ms
        msn = self._msn
        for frame in frames:
            if not self._running:
                self._wait(frame)
            else:
                self._take(frame)
        return self._msn != msn

    def interrupt(self) -> bool:
        """The publisher dropped: close what is open; True if there is a new window.

        The show may go on with other frames on another clock, after a discontinuity.
        """
        msn = self._msn
        if self._running:
            self._close_up_to(max(self._video.end_ms, self._audio.newest_ms))
        self._video.leave()
        self._audio.leave()
        self._gate.reset()
        self._arrived_ms.clear()
        self._running = False
        self._break_due = self._msn > 0
        return self._msn != msn

    def end(self) -> None:
        """Nothing more comes: the playlists end."""
        self.interrupt()
        self._ended = True
        self._window = None

    def window(self) -> Window:
        """The newest snapshot; the same object until a segment is cut."""
        if self._window is None:
            self._window = self._live.snapshot(
                self._renditions.infos, self._target_duration_s, ended=self._ended
            )
        return self._window

    def facts(self) -> IngestFacts:
        """What is known of the publisher now."""
        video, audio = self._video, self._audio
        interval_ms = video.keyframe_interval_ms
        arrived_ms = self._arrived_ms
        skew_ms = None
        if len(arrived_ms) == 2:
            skew_ms = arrived_ms[MediaType.VIDEO] - arrived_ms[MediaType.AUDIO]
        return IngestFacts(
            video_codec=video.info.codec if video.info else None,
            width=video.info.width if video.info else None,
            height=video.info.height if video.info else None,
            fps=video.fps,
            keyframe_interval_s=None if interval_ms is None else interval_ms / 1000,
            audio_codec=audio.info.codec if audio.info else None,
            sample_rate=audio.info.sample_rate if audio.info else None,
            channels=audio.info.channels if audio.info else None,
            av_skew_ms=skew_ms,
            jumps=self._timeline.jumps,
            long_gops=self._long_gops,
            dropped_frames=video.dropped + audio.dropped,
        )

    def _configure(self, config: VideoConfig | AudioConfig) -> None:
        if isinstance(config, VideoConfig):
            self._video.configure(config)
        else:
            self._audio.configure(config)

    def _wait(self, frame: Frame) -> None:
        if isinstance(frame, VideoConfig | AudioConfig):
            self._configure(frame)
            return
        start = self._gate.offer(
            frame,
            self._now_ms,
            has_video=self._video.expected,
            has_audio=self._audio.expected,
        )
        if start is None:
            return
        self._running = True
        self._discontinuity, self._break_due = self._break_due, False
        self._timeline.begin(start.frames[0].dts_ms, self._start_ms)
        self._wall_offset_ms = start.now_ms - self._start_ms
        self._video.begin(self._start_ms)
        self._audio.begin()
        for held in start.frames:
            self._take(held)

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, VideoFrame):
            self._take_video(frame)
        elif isinstance(frame, AudioFrame):
            self._take_audio(frame)
        else:
            self._configure(frame)
            return
        self._close_ready()

    def _take_video(self, frame: VideoFrame) -> None:
        if not self._video.expected:
            return
        time_ms, step = self._timeline.place(MediaType.VIDEO, frame.dts_ms)
        self._arrived_ms[MediaType.VIDEO] = time_ms
        self._break_due |= step is Step.JUMPED
        placed_ms = self._video.place(time_ms, frame)
        if placed_ms is None:
            return
        if frame.keyframe and (self._break_due or self._video.changed or self._audio.changed):
            self._break(placed_ms)
            if self._video.init is None:
                self._video.begin(placed_ms)
        self._video.add(placed_ms, time_ms, frame)

    def _take_audio(self, frame: AudioFrame) -> None:
        if not self._audio.expected:
            return
        time_ms, step = self._timeline.place(MediaType.AUDIO, frame.dts_ms)
        self._arrived_ms[MediaType.AUDIO] = time_ms
        self._break_due |= step is Step.JUMPED
        if step is not Step.STEADY:
            self._audio.lose_step()
        if (self._break_due or self._audio.changed) and not self._video_leads:
            self._break(time_ms)
            self._video.hold()
        self._audio.add(time_ms, frame, self._start_ms)

    @property
    def _video_leads(self) -> bool:
        """Whether segments are cut by video's key frames."""
        return self._video.init is not None and not self._video.is_missing

    @property
    def _limit_ms(self) -> int:
        """How long the open segment may become."""
        if not self._target_duration_s:
            return round(self._settings.max_segment_s * 1000)
        return self._target_duration_s * 1000 + OVERRUN_MS

    def _close_ready(self) -> None:
        """Close every segment whose end is known and whose frames have arrived."""
        if self._video.queued_bytes + self._audio.queued_bytes > MAX_OPEN_BYTES:
            self._close_up_to(max(self._video.newest_ms, self._audio.newest_ms))
        while True:
            overdue_ms = self._start_ms + self._limit_ms + MAX_TRACK_LAG_MS
            if self._video_leads and self._audio.newest_ms > overdue_ms:
                self._video.quiet = True
            leader = self._video if self._video_leads else self._audio
            cut_ms = self._next_cut(leader.newest_ms)
            if cut_ms is None or not self._is_audio_there(cut_ms):
                return
            self._close(cut_ms)

    def _close_up_to(self, end_ms: int) -> None:
        """Close everything before a time; what has not arrived is filled in."""
        while self._start_ms < end_ms:
            cut_ms = self._next_cut(end_ms)
            if cut_ms is None or cut_ms >= end_ms:
                self._close(end_ms, goes_on=False, fill=True)
            else:
                self._close(cut_ms, fill=True)

    def _next_cut(self, reached_ms: int) -> int | None:
        """Where the open segment ends (ms), if its leading track reaches so far; else None."""
        target_ms = self._start_ms + self._target_ms
        if not self._video_leads:
            return target_ms if reached_ms >= target_ms else None
        limit_ms = self._start_ms + self._limit_ms
        return find_cut(self._video, self._start_ms, target_ms, limit_ms, reached_ms)

    def _is_audio_there(self, cut_ms: int) -> bool:
        audio = self._audio
        until_ms = cut_ms + self._audio_delay_ms
        if audio.is_missing or audio.changed or audio.newest_ms >= until_ms:
            return True
        newest_ms = max(self._timeline.newest_ms, self._video.newest_ms)
        audio.quiet = newest_ms - cut_ms > MAX_TRACK_LAG_MS
        return audio.quiet

    @property
    def _audio_delay_ms(self) -> int:
        """Video is cut by decoding time; what is heard with its cut is this much later."""
        return self._video.delay_ms if self._video.init else 0

    def _break(self, at_ms: int) -> None:
        """Close everything before a time; what follows does not continue it."""
        self._close_up_to(at_ms)
        self._discontinuity = self._msn > 0
        self._break_due = False
        self._audio.accept_change()
        self._wall_offset_ms = self._now_ms - self._timeline.newest_ms

    def _close(self, cut_ms: int, *, goes_on: bool = True, fill: bool = False) -> None:
        """Publish the open segment, up to a time, and open the next.

        Without ``goes_on`` no picture follows the cut; with ``fill`` audio that is late is lost.
        """
        media: dict[MediaType, MediaSegment] = {}
        video = self._video.cut(cut_ms, goes_on=goes_on)
        if video is not None:
            media[MediaType.VIDEO] = video
            self._long_gops += not self._video.begins_with_keyframe
        audio_cut_ms = cut_ms + self._audio_delay_ms if goes_on else cut_ms
        audio = self._audio.cut(audio_cut_ms, fill=fill)
        if audio is not None:
            media[MediaType.AUDIO] = audio
        if media:
            self._publish(media)
        self._start_ms = cut_ms
        self._discontinuity = False
        if self._break_due or self._audio.changed:
            self._discontinuity, self._break_due = True, False
            self._audio.accept_change()

    def _publish(self, media: Mapping[MediaType, MediaSegment]) -> None:
        self._msn += 1
        self._discontinuities += self._discontinuity
        segment = Segment(
            msn=self._msn,
            discontinuity=self._discontinuity,
            discontinuity_sequence=self._discontinuities,
            wall_offset_ms=self._wall_offset_ms,
            media=media,
        )
        if not self._target_duration_s:
            self._target_duration_s = fix_target_duration(media, self._settings.target_segment_s)
        self._measure(media)
        self._live.append(segment, self._target_duration_s)
        self._window = None

    def _measure(self, media: Mapping[MediaType, MediaSegment]) -> None:
        video, audio = media.get(MediaType.VIDEO), media.get(MediaType.AUDIO)
        if video is not None and self._video.info is not None:
            self._renditions.add_video(
                video, self._video.info, self._video.fps, self._target_duration_s
            )
        if audio is not None and self._audio.info is not None:
            self._renditions.add_audio(audio, self._audio.info, self._target_duration_s)
