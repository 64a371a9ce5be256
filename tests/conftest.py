"""What all tests share: the programs that flows need, asked for by name."""

import os
import shutil

import pytest

pytest_plugins = ["support.stage_fixtures"]

PROGRAMS = {
    "ffmpeg": (("ffmpeg", "ffprobe"), "ffmpeg"),
    "gstreamer": (("gst-launch-1.0",), "gstreamer1.0-tools gstreamer1.0-plugins-bad"),
    "chromium": (("chromium",), "chromium"),
}
"""By marker: the programs, and the Debian packages that bring them."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (programs, packages) in PROGRAMS.items():
        if item.get_closest_marker(marker) is None:
            continue
        missing = [program for program in programs if shutil.which(program) is None]
        if missing:
            text = f"{', '.join(missing)} not found: apt install {packages}"
            # Where everything is checked before it lands, a skipped flow would be a hole.
            (pytest.fail if os.environ.get("CI") else pytest.skip)(text)
