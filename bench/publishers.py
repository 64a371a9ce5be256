"""Memory of publishers: what the server grows by for each one that is accepted, and that sends.

    python -m bench publishers [--publishers 20] [--seconds 40]

First they only ask to publish and are let in. Then FFmpeg sends 3 Mbit/s for each from one file,
until the windows of HLS have been full for a while: nearly all of the memory is theirs.
"""

import argparse
import contextlib
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from support.encoders import running, wait_until
from support.live_server import Channel, LiveServer, live_server
from support.rtmp_client import Client

from bench.ingest import make_source, push_command

SAMPLES = 20
SAMPLE_S = 0.25
MIB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--publishers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=40.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = make_source(folder)
        with live_server(folder / "data") as server:
            owner = server.register("Bench")
            channels = [server.make_stream(owner) for _ in range(asked.publishers)]
            before = memory_bytes(server)
            print(f"{'server alone':<34}{before / MIB:8.1f} MiB")
            with contextlib.ExitStack() as stack:
                for channel in channels:
                    stack.enter_context(accepted(server, channel))
                tell("accepted, each", before, memory_bytes(server), asked.publishers)
            with contextlib.ExitStack() as stack:
                for channel in channels:
                    stack.enter_context(running(push_command(source, channel.push_url)))
                wait_until(lambda: all(server.status(c) == "live" for c in channels), "all live")
                time.sleep(asked.seconds)
                tell("sending 3 Mbit/s, each", before, memory_bytes(server), asked.publishers)


def tell(what: str, before: float, after: float, publishers: int) -> None:
    print(f"{what:<34}{(after - before) / publishers / MIB:8.2f} MiB")


def memory_bytes(server: LiveServer) -> float:
    """Resident memory, the mean of some seconds."""
    process = psutil.Process(server.pid)
    total = 0
    for _ in range(SAMPLES):
        total += process.memory_info().rss
        time.sleep(SAMPLE_S)
    return total / SAMPLES


@contextlib.contextmanager
def accepted(server: LiveServer, channel: Channel) -> Iterator[None]:
    """A publisher that was let in and says nothing more."""
    host, _, port = server.rtmp.rpartition(":")
    client = Client()
    key = channel.push_url.rpartition("/")[2]
    heard = b""
    with socket.create_connection((host, int(port))) as stream:
        opening = client.hello() + client.connect() + client.command("createStream", 4, None)
        stream.sendall(opening + client.publish(key))
        while b"NetStream.Publish.Start" not in heard:
            data = stream.recv(65_536)
            assert data, heard
            heard += data
        yield


if __name__ == "__main__":
    main()
