"""The command line says what is wrong in the reader's language, whoever of its libraries found it."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli import WORDS, _build_command, main, translate_sentence
from bot.settings import load_settings
from locales import translator

t = translator("vi")
Run = Callable[..., tuple[int, str, str]]
#: What people type wrong, and the words that must be in the answer.
WRONG = {
    "no command": ((), t("Missing command.")),
    "an unknown command": (("nosuch",), t("No such command {name}.", name="nosuch")),
    "a slip in a command": (("unit",), "Có phải ý anh/chị là"),
    "an unknown option": (("decide", "--nope"), t("No such option: {name}", name="--nope")),
    "a slip in an option": (("decide", "--tody", "x"), "Có thể là: --today"),
    "an option without its value": (("chat", "--as"), t("Option {name} requires an argument.", name="--as")),
    "a value for a switch": (("rights", "--help=1"), t("Option {name} does not take a value.", name="--help")),
    "too much": (("chat", "a", "b"), t("Got unexpected extra argument(s) ({arguments})", arguments="a b")),
    "nothing to look for": (("units", "find"), t("Missing argument {name}.", name="TEXT")),
    "no number": (("requests", "list", "--limit", "abc"), t("it must be a whole number")),
    "a number that is too small": (("requests", "list", "--limit", "0"), t("it must be {ge} or more", ge=1)),
    "no such day": (("decide", "--today", "2026-99-01"), "năm-tháng-ngày"),
    "no such choice": (("stats", "foo"), "units, funnel"),
    "a value of ours": (("understand", "--lang", "xx"), "vi, en"),
}
ENGLISH = re.compile(
    r"\b(usage|error|try|missing|invalid|value for|no such|got|unexpected|requires|does not|input should|possible"
    r"|choose from|show this|not one of|match the|options?:|commands:|arguments:|default:|required)\b",
    re.IGNORECASE,
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command with these settings: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path))

    def call(*arguments: str, language: str = "vi") -> tuple[int, str, str]:
        monkeypatch.setenv("TROLY_LANGUAGE", language)
        load_settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        return (int(ended.value.code or 0), *capsys.readouterr())

    yield call
    load_settings.cache_clear()


@pytest.mark.parametrize(("typed", "told"), WRONG.values(), ids=WRONG)
def test_what_is_typed_wrong_is_told_in_vietnamese_and_in_nothing_else(
    run: Run, typed: tuple[str, ...], told: str
) -> None:
    code, out, error = run(*typed)
    assert (code, out) == (2, "")
    assert told in error
    assert error.startswith(t("Usage: ")) or "Lỗi: " in error
    said = re.sub(r"--?\w+|\[\w+\]|<\S+>", "", error)
    assert not ENGLISH.search(said), said


@pytest.mark.parametrize(
    "typed", [("--help",), ("broadcast", "new", "--help"), ("stats", "--help"), ("zalo", "--help")]
)
def test_a_page_of_help_has_no_english_of_the_framework(run: Run, typed: tuple[str, ...]) -> None:
    code, out, _ = run(*typed, "--help")
    assert code == 0
    assert out.startswith(t("Usage: "))
    assert t("Show this message and exit.") in out
    assert not ENGLISH.search(re.sub(r"--?[\w-]+|\[\w+\]|<\S+>", "", out))


def test_every_value_has_a_name_in_capitals_and_is_named_once() -> None:
    def arguments(command: Any) -> Iterator[Any]:
        for one in getattr(command, "commands", {}).values():
            yield from arguments(one)
        yield from (one for one in command.params if one.param_type_name == "argument")

    named = [one.metavar or one.name for one in arguments(_build_command([], t))]
    assert len(named) > 20
    assert [name for name in named if not re.fullmatch(r"[A-Z][A-Z0-9_]*(\.xlsx)?", name)] == []


def test_in_english_the_framework_says_what_it_always_said(run: Run) -> None:
    code, _, error = run("stats", "foo", language="en")
    assert code == 2
    assert error.startswith("Usage: troly stats [OPTIONS] [VIEW]\n")
    assert "Error: Invalid value for VIEW: foo is not one of units, funnel." in error


def test_json_that_breaks_off_is_told_by_its_place(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"a":')))
    code, _, error = run("decide")
    assert code == 2
    assert t("line {line}, column {column}", line=1, column=6) in error


@pytest.mark.parametrize("said", ["xyz is unheard of", "", "Invalid", "không có foo"])
def test_a_sentence_that_is_not_known_stays_as_it_is(said: str) -> None:
    assert translate_sentence(said, t) == said


def test_a_sentence_inside_another_is_translated_too() -> None:
    told = translate_sentence("Invalid value for 'FILE': File 'a.csv' does not exist.", t)
    missing = t("File {name} does not exist.", name="a.csv")
    assert told == t("Invalid value for {name}: {reason}", name="FILE", reason=missing)


@pytest.mark.parametrize("word", WORDS)
def test_each_word_of_a_help_page_is_still_one_that_the_framework_says(word: str) -> None:
    source = Path(typer.core.__file__).read_text("utf-8")
    assert f'_("{word}")' in source
