"""Real encoders as child processes."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import trio

POLL_S = 0.1
END_TIMEOUT_S = 10
PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"]
TUNE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"]
AAC = ["-c:a", "aac", "-b:a", "128k"]


def ffmpeg_push(url: str, seconds: int, *, video: bool = True, gop_frames: int = 50) -> list[str]:
    """Push for so many seconds in real time, 640x360 at 25 fps with AAC, or AAC alone."""
    inputs = [*PICTURE, *TUNE] if video else TUNE
    codecs = [*H264, "-g", str(gop_frames), *AAC] if video else AAC
    head = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-re"]
    return [*head, *inputs, "-t", str(seconds), *codecs, "-f", "flv", url]


def gstreamer_push(url: str, seconds: int) -> list[str]:
    """Push by ``rtmp2sink`` for so many seconds."""
    pipeline = (
        f"videotestsrc is-live=true num-buffers={25 * seconds} ! "
        "video/x-raw,width=640,height=360,framerate=25/1 ! "
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=50 ! h264parse ! mux. "
        f"audiotestsrc is-live=true num-buffers={50 * seconds} samplesperbuffer=960 ! "
        "audio/x-raw,rate=48000 ! audioconvert ! avenc_aac ! aacparse ! mux. "
        f"flvmux name=mux streamable=true ! rtmp2sink location={url}"
    )
    return ["gst-launch-1.0", "-q", *pipeline.split()]


@contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a child for the length of the block, and end it after."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=END_TIMEOUT_S)


def wait_until(true: Callable[[], bool], what: str, timeout_s: float = 30) -> None:
    """Look again and again at another process's state, which has no event to wait for."""

    async def look() -> None:
        with trio.move_on_after(timeout_s):
            while not true():
                await trio.sleep(POLL_S)
            return
        raise AssertionError(f"not within {timeout_s} s: {what}")

    trio.run(look)
