import io
import json
import logging

import pytest
import structlog

from server.logs import set_up_logs


@pytest.fixture(autouse=True)
def _restored():
    """Put back what the test's set-up changes for the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_json_where_no_person_reads():
    stream = io.StringIO()
    set_up_logs(production=True, stream=stream)
    structlog.get_logger().info("listening", http="127.0.0.1:8000")
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "listening", "http": "127.0.0.1:8000", "level": "info"}


def test_a_terminal_in_dev_gets_lines_for_people():
    stream = Terminal()
    set_up_logs(production=False, stream=stream)
    structlog.get_logger().info("listening", http="127.0.0.1:8000")
    assert "listening" in stream.getvalue()
    assert "{" not in stream.getvalue()


def test_secrets_are_blotted_out():
    stream = io.StringIO()
    set_up_logs(production=True, stream=stream)
    names = ("password", "stream_key", "refresh_token", "Authorization", "email", "api_secret")
    structlog.get_logger().info("careless", **dict.fromkeys(names, "hunter2"), kept="yes")
    assert "hunter2" not in stream.getvalue()
    assert json.loads(stream.getvalue())["kept"] == "yes"


def test_libraries_go_the_same_way_and_tracebacks_show_no_variables():
    stream = Terminal()
    set_up_logs(production=False, stream=stream)
    try:
        password = "hunter2"
        raise RuntimeError("broken")
    except RuntimeError:
        logging.getLogger("library").exception("failed")
        structlog.get_logger().exception("failed too")
    logging.getLogger("httpx").info("HTTP Request: …")
    said = stream.getvalue()
    assert said.count("RuntimeError: broken") == 2
    assert password not in said.replace('password = "hunter2"', "")
    assert "HTTP Request" not in said
