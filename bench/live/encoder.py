"""The encoders of a chaos: FFmpeg, pushing a file that was encoded before as it is."""

import signal
import subprocess
import tempfile
from pathlib import Path

import trio

SOURCE_S = 20
FPS = 25
GOP_FRAMES = 50
"""A key frame every two seconds, which is what a segment lasts."""
GIVE_WAY_S = 15.0
END_S = 10.0
HEAD = ("ffmpeg", "-hide_banner", "-nostdin", "-v", "error")


def make_source(path: Path, *, width: int, height: int, sample_rate: int) -> Path:
    """Encode a file of 400 kbit/s, H.264 and AAC."""
    picture = f"testsrc2=size={width}x{height}:rate={FPS},noise=alls=8:allf=t"
    tune = f"sine=frequency=330:sample_rate={sample_rate}"
    rate = ["-b:v", "336k", "-minrate", "336k", "-maxrate", "336k", "-bufsize", "336k"]
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
    keys = ["-g", str(GOP_FRAMES), "-sc_threshold", "0"]
    sound = ["-c:a", "aac", "-b:a", "64k", "-ar", str(sample_rate)]
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tune, "-t", str(SOURCE_S)]
    subprocess.run([*HEAD, "-y", *inputs, *coding, *rate, *keys, *sound, str(path)], check=True)
    return path


class Encoder:
    """One run of FFmpeg; ``started`` is when it began (trio's time, seconds)."""

    def __init__(self, source: Path, url: str) -> None:
        self.started = trio.current_time()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it is kept for as long as the process
        real_time = ["-re", "-stream_loop", "-1", "-i", str(source)]
        self._process = subprocess.Popen(
            [*HEAD, *real_time, "-c", "copy", "-f", "flv", url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
        )

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def drop(self) -> None:
        """End it as a power cut would, without a word to the server."""
        self._process.kill()
        self._process.wait()

    async def finish(self) -> bool:
        """Have it say goodbye; False where it did not end in time."""
        self._process.send_signal(signal.SIGINT)
        return await self.wait_end(END_S)

    async def wait_end(self, timeout_s: float) -> bool:
        """Wait for it to end by itself; False where it did not."""
        try:
            await trio.to_thread.run_sync(self._process.wait, timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_words(self) -> str:
        """What it has written so far."""
        self._said.seek(0)
        return self._said.read().decode(errors="replace").strip()

    def kill_if_running(self) -> None:
        """Leave nothing behind, also where it is frozen."""
        if not self.ended:
            self.drop()
        self._said.close()
