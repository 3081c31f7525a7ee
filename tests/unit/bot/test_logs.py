"""What must not stand in a log, tried in every way that a line is written."""

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from bot.logs import MASK, configure_logging, log_uncaught_errors, mask_value, print_notice, scrub

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_"
#: Each is found in a line by its last part.
SECRETS = {
    TOKEN: "AAHdqTcv",
    f"https://api.telegram.org/bot{TOKEN}/getMe": "AAHdqTcv",
    f"/bot{TOKEN.replace(':', '%3A')}/getMe": "AAHdqTcv",
    "postgresql://u:s3cret@localhost/db": "s3cret",
    "postgresql://u:s3c/r@t@localhost/db": "s3c",
    "host=db password=s3cret user=u": "s3cret",
    "lan@dongnai.gov.vn": "lan@",
    "lan@localhost": "lan@",
    "chat:123456789": "123456789",
    "-1001234567890": "1001234567890",
    "0912345678": "0912345678",
    "call 079201001234.": "079201001234",
    "call 0912 345 678": "12 345",
    "call 0912.345.678": "12.345.6",
    "call +84 912 345 678": "12 345",
    "personal number 001 085 012 345": "085 012",
    '{"token": "abcdef"}': "abcdef",
    "password: hunter2": "hunter2",
    "Authorization: Bearer abcdef": "abcdef",
    "serial 5401A2B3C4D5E6F7": "5401A2B3",
}
PERSON = "nguyen thi lan"


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was logged since the last look; nothing of it is on standard output."""
    configure_logging(level="DEBUG", form=request.param)

    def look() -> str:
        out, err = capsys.readouterr()
        assert out == ""
        return err

    return look


class _Shy:
    """Shows itself another way to each renderer."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return f"str {self._text}"

    def __repr__(self) -> str:
        return f"repr {self._text}"


# Ways a secret gets into a value.
WAYS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "bytes": str.encode,
    "error": ValueError,
    "nested": lambda secret: {"a": [{"b": (secret,)}]},
    "key": lambda secret: {secret: 1},
    "object": _Shy,
    "set": lambda secret: {secret},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_gets_into_a_line_as_a_value(
    secret: str, way: Callable[[str], Any], written: Callable[[], str]
) -> None:
    structlog.get_logger().warning("happened", value=way(secret))
    line = written()
    assert "happened" in line
    assert SECRETS[secret] not in line


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_gets_into_a_line_as_the_event(secret: str, written: Callable[[], str]) -> None:
    structlog.get_logger().error(f"failed: {secret}")
    assert SECRETS[secret] not in written()


@pytest.mark.parametrize("number", [123456789, -1001234567890, 1001234567890.0])
def test_a_long_number_is_masked_and_the_line_is_still_json(number: float, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="DEBUG", form="json")
    structlog.get_logger().info("seen", number=number, short=12, ratio=0.12345678901234, fine=True)
    line = json.loads(capsys.readouterr().err)
    assert (line["number"], line["short"], line["ratio"], line["fine"]) == (MASK, 12, 0.12345678901234, True)


def test_a_traceback_shows_neither_secrets_nor_local_variables(written: Callable[[], str]) -> None:
    def fails(text: str) -> None:
        raise ValueError(f"cannot send to {TOKEN}: {len(text)}")

    try:
        fails(PERSON)
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("some.library").exception("failed with %s", TOKEN)
    lines = written()
    assert lines.count("ValueError") >= 2
    assert "AAHdqTcv" not in lines
    assert PERSON not in lines


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(
    "key",
    [
        "text",
        "name",
        "address",
        "chat",
        "session",
        "token",
        "Token",
        "subscriber",
        "user_id",
        "filename",
        "file",
        "path",
    ],
)
def test_a_private_key_is_masked_whatever_it_holds(key: str, deep: bool, written: Callable[[], str]) -> None:
    held: dict[str, Any] = {key: ["xã Phú Hội"]}
    structlog.get_logger().info("seen", **({"update": held} if deep else held))
    line = written()
    assert "Phú Hội" not in line
    assert MASK in line


def test_what_nests_without_end_is_masked() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert MASK in str(mask_value(endless))


@pytest.mark.parametrize("secret", SECRETS)
def test_what_libraries_log_or_warn_is_scrubbed_as_well(secret: str, written: Callable[[], str]) -> None:
    logging.getLogger("some.library").error("request to %s", secret)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(f"old: {secret}", stacklevel=1)
    lines = written()
    assert "request to" in lines
    assert "old: " in lines
    assert SECRETS[secret] not in lines


@pytest.mark.parametrize(
    "text",
    [
        "5904/UBND-VX",
        "2026-11-23T04:25:14.123456Z",
        "2026-11-23 04:25:14",
        "row=17",
        "at turns.py:104",
        "v1.2.3",
        "rows 120 345 678 of 900",
        "took 0.345678 seconds",
        "127.0.0.1:8443",
        "secret_missing",
        "token: ",
        "inbox=12345678 count=104",
    ],
)
def test_what_an_operator_needs_is_left(text: str) -> None:
    assert scrub(text) == text


def test_standard_error_may_be_another_one_later(capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger()
    configure_logging(level="INFO")
    log.info("first")
    log.debug("hidden")
    with pytest.MonkeyPatch.context() as patch:
        elsewhere = io.StringIO()
        patch.setattr("sys.stderr", elsewhere)
        log.info("second")
        logging.getLogger("library").warning("third")
    assert "second" in elsewhere.getvalue()
    assert "third" in elsewhere.getvalue()
    assert "second" not in (first := capsys.readouterr().err)
    assert "first" in first
    assert "hidden" not in first


@pytest.fixture
def json_lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Returns every line of standard error, each of which must be an object of JSON."""
    configure_logging(level="INFO", form="json")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    configure_logging(level="WARNING")


def test_lines_of_libraries_and_warnings_are_json_as_well(json_lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("psycopg.pool").warning("error connecting in %r:\n%s", "pool-1", TOKEN)
    logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=ValueError(TOKEN))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old\nthing", DeprecationWarning, stacklevel=1)
    print_notice("New keys\nwere made")
    pool, server, warned, notice = json_lines()
    assert (pool["logger"], pool["level"]) == ("psycopg.pool", "warning")
    assert TOKEN not in str(pool) + str(server)
    assert "ValueError" in server["exception"]
    assert warned["logger"] == "py.warnings"
    assert notice["event"].startswith("New keys")
    assert all(line["timestamp"].endswith("Z") for line in (pool, server, warned, notice))


def test_what_nobody_caught_ends_as_a_line_of_json(
    json_lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for hook in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, hook, getattr(sys, hook))
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log_uncaught_errors()
    sys.excepthook(ValueError, ValueError(TOKEN), None)
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    first, second = json_lines()
    assert (first["event"], second["event"]) == ("ValueError", "ZeroDivisionError")
    assert TOKEN not in str(first)
