import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from server import doctor
from server.config import load_settings
from server.config_values import Endpoint
from server.findings import Verdict


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("BANDSTAND_") or name == "PORT":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BANDSTAND_HTTP", "127.0.0.1:0")
    monkeypatch.setenv("BANDSTAND_RTMP", "127.0.0.1:0")


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Endpoint(*listener.getsockname())


@pytest.fixture
def health_server():
    """Something that answers, /healthz or else, with what the test says."""

    class Handler(BaseHTTPRequestHandler):
        body = b"{}"
        status = 200

        def do_GET(self):
            self.send_response(self.status)
            self.end_headers()
            self.wfile.write(self.body)

        def log_message(self, *_args):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Handler, Endpoint(*server.server_address)
    server.shutdown()
    thread.join()
    server.server_close()


def report():
    lines = []
    return doctor.run(lines.append), lines


def test_a_machine_that_is_fit():
    code, lines = report()
    assert code == 0, lines
    assert lines[-1] == "Ready to play."
    subjects = {line.split()[1].rstrip(":") for line in lines[:-1] if not line.startswith(" ")}
    assert {
        "python",
        "sqlite",
        "open",
        "settings",
        "secret",
        "data",
        "disk",
        "http",
        "rtmp",
        "certificate",
        "payments",
        "payouts",
    } <= subjects


def test_a_key_that_the_payment_provider_refuses_must_be_put_right(health_server, monkeypatch):
    handler, endpoint = health_server
    handler.status = 401
    monkeypatch.setenv("BANDSTAND_PSP_URL", f"http://{endpoint}")
    monkeypatch.setenv("BANDSTAND_PSP_API_KEY", "an_old_key")
    monkeypatch.setenv("BANDSTAND_PSP_WEBHOOK_SECRET", "a_secret_of_theirs")
    code, lines = report()
    (line,) = [line for line in lines if line.startswith("fail")]
    assert "payments: 127.0.0.1 refuses the key" in line
    assert "BANDSTAND_PSP_API_KEY" in line
    assert "an_old_key" not in "".join(lines)
    assert (code, lines[-1]) == (1, "Something above must be put right first.")


def test_bad_settings_fail_and_say_what_to_do(monkeypatch):
    monkeypatch.setenv("BANDSTAND_HTTP", "nonsense")
    code, lines = report()
    assert code == 1
    assert any(
        "BANDSTAND_HTTP" in line and line.startswith("fail") and "->" in line for line in lines
    )


def test_a_variable_that_nobody_reads(monkeypatch):
    monkeypatch.setenv("BANDSTAND_HTPP", "127.0.0.1:80")
    code, lines = report()
    assert code == 0
    assert any(line.startswith("warn  BANDSTAND_HTPP") for line in lines)


def test_a_port_that_something_else_holds(taken, monkeypatch):
    # It accepts and never answers: the probe must give up.
    monkeypatch.setattr(doctor, "PROBE_TIMEOUT_S", 0.05)
    finding = doctor.check_http_port(taken)
    assert finding.verdict is Verdict.FAIL
    assert "BANDSTAND_HTTP" in finding.advice


def test_a_port_that_our_own_server_holds(health_server, taken):
    handler, endpoint = health_server
    handler.body = json.dumps({"status": "ok", "streams_live": 0}).encode()
    assert doctor.check_http_port(endpoint).verdict is Verdict.OK
    settings = load_settings(http=endpoint, rtmp=taken)
    assert doctor.check_ingest_port(settings, "rtmp", taken).verdict is Verdict.OK


@pytest.mark.parametrize("body", [b"hello", b"{}", b"[1]", b"\xff"])
def test_a_port_that_another_web_server_holds(health_server, taken, body):
    handler, endpoint = health_server
    handler.body = body
    assert doctor.check_http_port(endpoint).verdict is Verdict.FAIL
    settings = load_settings(http=endpoint, rtmp=taken)
    assert doctor.check_ingest_port(settings, "rtmp", taken).verdict is Verdict.FAIL


def test_a_free_port(taken):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = Endpoint(*listener.getsockname())
    assert doctor.check_http_port(free).verdict is Verdict.OK


def test_a_data_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    finding = doctor.check_data(load_settings(data=tmp_path / "file" / "data"))
    assert finding.verdict is Verdict.FAIL
    assert "BANDSTAND_DATA" in finding.advice


def test_a_disk_that_is_nearly_full(monkeypatch):
    settings = load_settings()
    for free, verdict in ((10**10, Verdict.OK), (5 * 10**8, Verdict.WARN), (10**8, Verdict.FAIL)):
        usage = doctor.shutil._ntuple_diskusage(10**11, 10**11 - free, free)
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path, usage=usage: usage)
        assert doctor.check_disk(settings).verdict is verdict


def test_a_secret_that_others_can_read():
    settings = load_settings()
    assert doctor.check_secret(settings).verdict is Verdict.OK
    settings.data.mkdir()
    path = settings.data / "secret"
    path.write_text("x" * 64)
    path.chmod(0o644)
    assert doctor.check_secret(settings).verdict is Verdict.WARN
    path.chmod(0o600)
    assert doctor.check_secret(settings).verdict is Verdict.OK


def test_the_file_system_has_a_name(tmp_path):
    assert "unknown" not in doctor.file_system(tmp_path)


def test_few_open_files_and_programs_that_are_missing(monkeypatch):
    monkeypatch.setattr(doctor, "open_files", lambda: (1024, 4096))
    finding = doctor.check_open_files()
    assert finding.verdict is Verdict.WARN
    assert "3072 connections, 1920 of them in chat" in finding.says
    assert "ulimit -Hn 33792" in finding.advice
    monkeypatch.setattr(doctor, "open_files", lambda: (1024, 65536))
    assert doctor.check_open_files().verdict is Verdict.OK
    monkeypatch.setenv("PATH", "")
    assert {finding.verdict for finding in doctor.check_programs()} == {Verdict.WARN}
