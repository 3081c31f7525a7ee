"""What the program prints: no text of strangers steers the terminal, and a full disk is one clear line."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
import structlog
from rich.table import Table
from rich.text import Text

from bot.cli.output import json_text
from bot.console import SafeConsole
from bot.logs import configure_logging
from bot.streams import GuardedStream, StreamError, guarded_streams

#: Sets the window's title, clears the screen, turns what follows round.
STEERING = "\x1b]0;owned\x07\x1b[2J\x9b1m\u202eexe.cer"


class Full(io.StringIO):
    """A stream on a disk with no space left."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def program(*arguments: str, output: str = os.devnull, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    with Path(output).open("w") as out:
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3]), "TROLY_LANGUAGE": "en"},
            cwd=cwd,
        )


def test_text_of_strangers_that_is_printed_steers_nothing_and_keeps_its_tabs() -> None:
    kept = io.StringIO()
    GuardedStream(kept).write(f"a\t{STEERING}\n")

    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(kept.getvalue())
    assert kept.getvalue().startswith("a\t")


def test_a_table_keeps_its_colours_and_loses_the_escapes_of_strangers() -> None:
    kept = io.StringIO()
    stream = GuardedStream(kept)
    table = Table("Name")
    table.add_row(Text(f"=={STEERING}==", style="red"))
    SafeConsole(file=stream.styled, force_terminal=True, width=200).print(table)

    assert "\x1b[31m" in kept.getvalue()
    assert "\x1b[2J" not in kept.getvalue()
    assert not {"\x07", "\x9b", "\u202e"} & set(kept.getvalue())


def test_json_for_programs_says_the_same_in_escapes() -> None:
    printed = json_text({"file": STEERING})

    assert printed.isprintable()
    assert json.loads(printed) == {"file": STEERING}


def test_a_line_of_the_log_stays_one_line_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="INFO")
    structlog.get_logger("test").info("file_read", kind=f"{STEERING}\n2026-11-28 [error] forged")

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "\x1b]" not in said


def test_a_file_whose_name_holds_escapes_is_named_without_them(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2Jb.cer").write_bytes(b"no certificate")

    for options in ([], ["--json"]):
        out = tmp_path / "out"
        program("certificate", *options, str(tmp_path / "a\x1b[2Jb.cer"), output=str(out))
        assert b"\x1b" not in out.read_bytes()
        assert b"b.cer" in out.read_bytes()


@pytest.mark.parametrize("command", [["rules", "show"], ["rights"], ["--help"], ["certificate", "--json", "none.cer"]])
def test_standard_output_on_a_full_disk_is_one_clear_line_and_no_traceback(command: list[str]) -> None:
    done = program(*command, output="/dev/full")

    assert done.returncode == 1
    assert done.stderr == "troly: The output cannot be written (no space is left).\n"


@pytest.mark.parametrize(
    ("closed", "code", "said"),
    [
        (">&-", 1, "troly: The output cannot be written (it is closed).\n"),
        ("2>&-", 0, ""),
        ("<&-", 0, ""),
        (">&- 2>&- <&-", 1, ""),
    ],
)
@pytest.mark.long
def test_a_stream_that_is_closed_from_the_start_is_one_clear_line_and_no_file_gets_its_number(
    closed: str, code: int, said: str, tmp_path: Path
) -> None:
    script = 'exec "$0" -c "import os; from bot.cli import main; main([\'rights\'])" ' + closed
    done = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3]), "TROLY_LANGUAGE": "en",
             "TROLY_DATA_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, said)


def test_the_first_three_descriptors_are_taken_where_they_are_closed() -> None:
    told = "import os; from bot.streams import guarded_streams\nwith guarded_streams(): print(os.open('/dev/zero', 0))"
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" <&- 2>&-', sys.executable, told],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) > 2


def test_a_failed_write_that_somebody_swallowed_is_told_at_the_end() -> None:
    full = GuardedStream(Full())
    with pytest.raises(StreamError):
        full.styled.write("lost")
    with pytest.raises(StreamError):
        full.flush()


def test_a_log_that_cannot_be_written_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", cast(io.TextIOWrapper, Full()))
    with guarded_streams():
        configure_logging(level="INFO")
        structlog.get_logger("test").info("goes_nowhere")


def test_rich_draws_on_the_safe_console_alone() -> None:
    house = Path(__file__).resolve().parents[3] / "bot"
    users = [path.name for path in house.rglob("*.py") if "from rich.console import Console" in path.read_text()]

    assert users == ["console.py"]


def test_a_reader_that_has_gone_is_not_written_to_again_when_the_program_ends() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        stream = GuardedStream(pipe)
        stream.write("kept in the buffer\n")
        for fails in (stream.flush, lambda: stream.write("and nothing more\n")):
            with pytest.raises(BrokenPipeError):
                fails()
    # leaving the block flushed what was left, as the end of the interpreter does
