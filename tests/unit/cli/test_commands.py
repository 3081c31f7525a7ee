"""What all commands share: the language, the rule pack, the file to write."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.cli import main
from bot.settings import load_settings
from tests.support.walks import take_walks_once

Ran = tuple[int, str, str]
Troly = Callable[..., Ran]
FACTS = json.dumps({"subject": "device"})


@pytest.fixture(autouse=True)
def _walked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.preview.take_walks", take_walks_once)


@pytest.fixture
def troly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Troly]:
    """Runs a command in an empty folder with these settings; exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "500")

    def run(*arguments: str, **settings: str) -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FACTS.encode())))
        load_settings.cache_clear()
        with monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(f"TROLY_{name.upper()}", value)
            with pytest.raises(SystemExit) as ended:
                main(list(arguments))
        code = ended.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    yield run
    load_settings.cache_clear()


SPEAKING = [("decide",), ("rules", "show"), ("screens",)]


@pytest.mark.parametrize("command", SPEAKING)
@pytest.mark.long
def test_a_command_speaks_the_language_asked_for_else_the_one_that_was_set(
    troly: Troly, command: tuple[str, ...]
) -> None:
    default = troly(*command)[1]
    english = troly(*command, language="en")[1]
    assert english != default
    assert troly(*command, "--lang", "vi", language="en")[1] == default
    assert troly(*command, "--lang", "en")[1] == english


@pytest.mark.parametrize("command", SPEAKING)
def test_a_language_nobody_speaks_is_refused(troly: Troly, command: tuple[str, ...]) -> None:
    code, out, err = troly(*command, "--lang", "xx", language="en")
    assert (code, out) == (2, "")
    assert "xx is not spoken here" in err


@pytest.mark.parametrize("command", [*SPEAKING, ("rules", "check")])
@pytest.mark.long
def test_a_command_works_on_the_pack_that_was_set(troly: Troly, command: tuple[str, ...]) -> None:
    assert troly(*command)[0] == 0
    code, out, err = troly(*command, pack="nowhere")
    assert (code, out) == (1 if command == ("rules", "check") else 2, "")
    assert "nowhere" in err


@pytest.mark.parametrize("command", [("rules", "show"), ("screens",)])
def test_a_text_is_written_to_a_file_whose_folder_is_made(
    troly: Troly, command: tuple[str, ...], tmp_path: Path
) -> None:
    printed = troly(*command)[1]
    assert troly(*command, "--out", "a/b/page.md") == (0, "", "")
    assert (tmp_path / "a" / "b" / "page.md").read_text(encoding="utf-8") == printed


@pytest.mark.parametrize("out", ["/proc/x/y", "."])
@pytest.mark.parametrize("command", [("rules", "show"), ("screens",)])
def test_a_file_that_cannot_be_written_is_one_clear_line(troly: Troly, command: tuple[str, ...], out: str) -> None:
    code, printed, err = troly(*command, "--out", out, language="en")
    assert (code, printed, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"troly: {out} cannot be written (")


_LOADED = """
import sys
from importlib import import_module
from bot.__main__ import start
served = sys.argv.pop()
try:
    start()
except SystemExit:
    pass
import_module(served)
heavy = (
    "babel bot.store click docx handlers.model lxml markdown_it pygments pypdf python_calamine rich starlette structlog"
    " telegram xlsxwriter"
).split()
loaded = {name for name in heavy if sys.modules.get(name)}
print(sorted(loaded), "structlog" not in loaded or sys.modules["structlog"].is_configured(), file=sys.stderr)
"""


@pytest.mark.fresh_interpreter
@pytest.mark.parametrize(
    ("command", "served", "loaded"),
    [
        ("decide", "bot", "[] True"),
        ("offices list", "bot", "['handlers.model'] True"),
        ("rights", "bot", "['bot.store', 'handlers.model', 'pygments', 'rich', 'structlog'] True"),
        ("worker", "bot", "['bot.store', 'handlers.model', 'structlog'] True"),
        ("worker", "bot.channels.telegram", "['bot.store', 'handlers.model', 'structlog', 'telegram'] True"),
        ("chat", "bot", "['bot.store', 'handlers.model', 'structlog'] True"),
    ],
)
@pytest.mark.long
def test_a_command_starts_without_what_it_does_not_use_and_masks_what_it_logs(
    command: str, served: str, loaded: str, tmp_path: Path
) -> None:
    started = subprocess.run(
        [sys.executable, "-c", _LOADED, *command.split(), served],
        input=FACTS,
        text=True,
        capture_output=True,
        cwd=tmp_path,
        check=True,
    )
    assert started.stderr.splitlines()[-1] == loaded


def test_the_version_is_printed_where_it_is_asked_for(troly: Troly) -> None:
    code, out, _ = troly("--version")
    assert (code, out.strip()) == (0, version("troly-chung-thu"))
