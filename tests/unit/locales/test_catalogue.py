"""A wheel holds the compiled catalogue; a checkout compiles a stale one where it can, and says what to do where not."""

import os
import runpy
import sys
import tomllib
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
import setuptools
from babel.messages.pofile import read_po

import locales
from bot.cli import main

ROOT = Path(__file__).resolve().parents[3]
VIETNAMESE = ROOT / "locales" / "vi" / "LC_MESSAGES" / "messages.po"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of a checkout, not compiled."""
    file = tmp_path / "vi" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "one"\nmsgstr "một"\n', encoding="utf-8")
    monkeypatch.setattr(locales, "_FOLDER", tmp_path)
    return file


@pytest.fixture
def _without_babel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "babel.messages.mofile", None)


def build(folder: Path, monkeypatch: pytest.MonkeyPatch, *, editable: bool = False) -> list[Path]:
    """Build the package of the catalogue as setup.py says; return the files of the wheel."""
    described: dict[str, Any] = {}
    monkeypatch.setattr(setuptools, "setup", lambda **given: described.update(given))
    runpy.run_path(str(ROOT / "setup.py"))
    told = {"packages": ["locales.vi.LC_MESSAGES"], "package_data": {"": ["*.po"]}, "include_package_data": False}
    command = described["cmdclass"]["build_py"](setuptools.Distribution({**told, "script_name": "setup.py"}))
    command.build_lib, command.editable_mode = str(folder), editable
    command.ensure_finalized()
    command.run()
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_wheel_holds_the_compiled_catalogue_and_not_the_written_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (built,) = build(tmp_path, monkeypatch)
    assert built == tmp_path / VIETNAMESE.relative_to(ROOT).with_suffix(".mo")
    with VIETNAMESE.open("rb") as file, built.open("rb") as compiled:
        sentences = {one.id: one.string for one in read_po(file) if one.id}
        found = GNUTranslations(compiled)
    assert len(sentences) > 1000
    assert {message: found.gettext(message) for message in sentences} == sentences


def test_an_editable_installation_is_compiled_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tmp_path / VIETNAMESE.relative_to(ROOT)
    written.parent.mkdir(parents=True)
    written.write_bytes(VIETNAMESE.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert build(tmp_path / "wheel", monkeypatch, editable=True) == []
    assert written.is_file()
    assert written.with_suffix(".mo").is_file()


def test_whoever_installs_the_program_does_not_get_babel() -> None:
    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "babel" in described["build-system"]["requires"]
    assert "babel" in described["project"]["optional-dependencies"]["dev"]
    assert "babel" not in described["project"]["dependencies"]


@pytest.mark.usefixtures("_without_babel")
def test_a_compiled_catalogue_is_read_without_babel(written: Path) -> None:
    written.with_suffix(".mo").write_bytes(VIETNAMESE.with_suffix(".mo").read_bytes())
    assert locales._catalogue.__wrapped__("vi").gettext("Aborted!") != "Aborted!"
    written.unlink()
    assert locales._catalogue.__wrapped__("vi").gettext("Aborted!") != "Aborted!"


@pytest.mark.usefixtures("_without_babel")
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("language", locales.LANGUAGES)
def test_a_command_says_how_to_compile_where_neither_the_sentences_nor_babel_are_there(
    language: str, older: bool, written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if older:
        written.with_suffix(".mo").write_bytes(VIETNAMESE.with_suffix(".mo").read_bytes())
        os.utime(written, (2e9, 2e9))
    monkeypatch.setenv("TROLY_LANGUAGE", language)
    monkeypatch.setattr("bot.cli.translator", locales.translator.__wrapped__)
    monkeypatch.setattr(locales, "_catalogue", locales._catalogue.__wrapped__)
    with pytest.raises(SystemExit) as ended:
        main(["decide"])
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
    assert "make setup" in err
    assert f"{sys.executable} -m pip install babel" in err
