"""``troly forms``."""

from pathlib import Path

import pytest

from bot.cli import main
from bot.forms import ALL_TEMPLATES
from bot.settings import load_settings

NAMES = set(ALL_TEMPLATES)


@pytest.fixture(autouse=True)
def office(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty data folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TROLY_LANGUAGE", "en")
    load_settings.cache_clear()
    return tmp_path / "data" / "forms"


def troly(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["forms", *arguments])
    return int(ended.value.code or 0)


def test_every_template_is_written_and_is_sound(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert troly("export", str(office)) == 0
    assert {path.name for path in office.iterdir()} == NAMES
    capsys.readouterr()
    assert troly("check") == 0
    assert {line.removesuffix(": fine") for line in capsys.readouterr().out.splitlines()[:-1]} == NAMES


def test_changed_templates_are_not_written_over_unless_asked(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office.mkdir(parents=True)
    (office / "mau-05.docx").write_bytes(b"ours")

    assert troly("export", str(office)) == 1
    assert "mau-05.docx is there already" in capsys.readouterr().err
    assert [path.name for path in office.iterdir()] == ["mau-05.docx"]
    assert troly("export", str(office), "--force") == 0
    assert {path.name for path in office.iterdir()} == NAMES


def test_every_broken_template_is_named_and_the_exit_status_is_1(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    troly("export", str(office))
    (office / "mau-04.docx").write_bytes(b"broken")
    (office / "mau-07.docx").write_bytes(b"of no form")
    (office / "~$mau-05.docx").write_bytes(b"Word has it open")
    capsys.readouterr()

    assert troly("check", str(office)) == 1
    told = capsys.readouterr().out
    assert "mau-04.docx is no Word file" in told
    assert "mau-07.docx: a template of this name is not used" in told
    assert "mau-09.docx: fine" in told
    assert "~$" not in told


def test_a_folder_that_is_not_there_is_an_error_only_where_it_was_named(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert troly("check") == 0
    assert f"There is no folder {office}" in capsys.readouterr().out
    assert troly("check", "nowhere") == 1
    assert "nowhere cannot be read: there is no such file or folder" in capsys.readouterr().err


def test_an_office_is_told_how_to_have_pdf(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("bot.cli.forms.find_converter", lambda: None)

    assert troly("check") == 0
    assert "Install LibreOffice" in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["/proc/x", "file/below"])
def test_a_folder_that_cannot_be_made_is_one_clear_line(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert troly("export", folder) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_folder_without_a_template_is_told_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "readme.txt").touch()
    assert troly("check", str(tmp_path)) == 0
    assert f"There is no template (.docx) in {tmp_path}: nothing was checked" in capsys.readouterr().out
