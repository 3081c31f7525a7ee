"""``troly understand`` reads whatever comes on standard input, and says why."""

import json

import pytest
from typer import Typer
from typer.testing import CliRunner

from bot.cli import COMMANDS
from bot.cli.rules import understand

app = Typer()
app.command()(understand)
ENGLISH = {"TROLY_LANGUAGE": "en"}


def lines(given: bytes) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, ["--json"], input=given, env=ENGLISH)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_in_gives_one_object_out() -> None:
    found = lines("token bị mất\nnộp ở đâu\n".encode())
    assert found == [
        {"facts": {"token": "lost"}, "intent": "statement", "asks": []},
        {"facts": {}, "intent": "question", "asks": ["where"]},
    ]


@pytest.mark.parametrize(
    "line", [b"", b"\xff\xfe\x80 token", b"\x00\x1b[31m", b"a" * 100_000, "mất token ".encode() * 12_000]
)
def test_a_hostile_line_gives_an_object_too_and_does_not_move_the_others(line: bytes) -> None:
    found = lines(b"dong y\n" + line + b"\ndong y\n")
    assert [one["intent"] for one in (found[0], found[2])] == ["consent", "consent"]
    assert len(found) == 3


def test_a_last_line_without_its_end_is_read() -> None:
    assert [one["intent"] for one in lines(b"dong y")] == ["consent"]


def test_why_names_pattern_file_and_what_withheld_a_fact() -> None:
    result = CliRunner().invoke(app, ["--why", "nghe nói token cơ quan bị mất"], env=ENGLISH)
    assert "token = lost" in result.stdout
    assert "token.toml: 1" in result.stdout
    assert "withheld: hearsay, because of “nghe nói”" in result.stdout


def test_the_command_is_registered() -> None:
    assert COMMANDS["understand"][0] == "bot.cli.rules:understand"
