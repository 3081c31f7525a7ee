"""Every command that takes a file says in the same words why it cannot be read."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.settings import load_settings

#: The arguments of each command before the file, and behind it.
COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "certificate": (("certificate",), ()),
    "trust add": (("trust", "add"), ()),
    "units import": (("units", "import"), ()),
    "requests import": (("requests", "import"), ()),
    "email import": (("email", "import"), ("--unit", "26455")),
    "broadcast --list": (("broadcast", "new", "--title", "Nhắc hạn", "--list"), ()),
    "broadcast --document": (("broadcast", "new", "--title", "Nhắc hạn", "--document"), ()),
    "dossier --facts": (("dossier", "--out", "out", "--facts"), ("a.cer",)),
    "dossier --list": (("dossier", "--out", "out", "--facts", "facts.json", "--list"), ()),
}
#: These take a text that may be empty, a folder, or many files of which each is told apart.
OTHERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "broadcast --text-vi": (("broadcast", "new", "--title", "Nhắc hạn", "--text-vi"), ()),
    "dossier": (("dossier", "--out", "out", "--facts", "facts.json"), ()),
    "forms check": (("forms", "check"), ()),
}


def _missing(folder: Path) -> str:
    return "missing.xlsx"


def _folder(folder: Path) -> str:
    (folder / "folder.xlsx").mkdir()
    return "folder.xlsx"


def _empty(folder: Path) -> str:
    (folder / "empty.xlsx").touch()
    return "empty.xlsx"


def _too_large(folder: Path) -> str:
    with (folder / "large.xlsx").open("wb") as file:
        file.truncate(21 << 20)
    return "large.xlsx"


def _impossible(folder: Path) -> str:
    return "a" * 300


TROUBLES: dict[str, tuple[Callable[[Path], str], str]] = {
    "missing": (_missing, "there is no such file or folder"),
    "a folder": (_folder, "it is a folder"),
    "empty": (_empty, "it is empty"),
    "too large": (_too_large, "it is larger than "),
    "a name that is too long": (_impossible, "the name is too long"),
}
Troly = Callable[..., str]


@pytest.fixture
def troly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Troly]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TROLY_DATA_DIR", "data")
    monkeypatch.setenv("TROLY_LANGUAGE", "en")
    (tmp_path / "facts.json").write_text("{}")
    load_settings.cache_clear()

    def refused(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ending:
            main(list(arguments))
        assert ending.value.code in {1, 2}
        said = capsys.readouterr()
        return said.out + said.err

    yield refused
    load_settings.cache_clear()


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_cannot_be_read_is_told_in_one_shape(
    troly: Troly, tmp_path: Path, command: str, trouble: str
) -> None:
    before, behind = COMMANDS[command]
    make, reason = TROUBLES[trouble]
    file = make(tmp_path)
    assert f"{file} cannot be read: {reason}" in troly(*before, file, *behind)
    assert not (tmp_path / "data").exists(), "the file is looked at before anything is made"


@pytest.mark.parametrize("command", OTHERS)
def test_what_may_be_empty_or_a_folder_is_told_in_the_same_shape_where_it_is_missing(
    troly: Troly, command: str
) -> None:
    before, behind = OTHERS[command]
    assert "missing.xlsx cannot be read: there is no such file" in troly(*before, "missing.xlsx", *behind)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_without_permission_is_told_in_the_same_shape(
    troly: Troly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Whoever runs the tests may be root, whom no mode keeps out."""
    opened = Path.open

    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "denied.xlsx":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    before, behind = COMMANDS[command]
    assert "denied.xlsx cannot be read: no permission" in troly(*before, "denied.xlsx", *behind)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_missing, "there is no such file or folder"),
        (_folder, "its manifest is missing or damaged"),
        (_empty, "what should be a folder is a file"),
    ],
)
def test_what_is_no_backup_is_named_as_it_was_typed(
    troly: Troly, tmp_path: Path, make: Callable[[Path], str], reason: str
) -> None:
    file = make(tmp_path)
    assert troly("backup", "verify", file) == f"troly: {file} is no backup that can be read: {reason}\n"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_missing, "there is no such file; correct its path"),
        (_folder, "cannot be read: it is a folder"),
        (lambda _: "/dev/zero", "cannot be read: it is larger than 4 MB"),
    ],
)
def test_a_file_that_a_setting_names_is_told_likewise(
    troly: Troly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], str], reason: str
) -> None:
    file = make(tmp_path)
    monkeypatch.setenv("TROLY_OFFICES", file)
    assert f"{file}: {reason}".removeprefix("/dev/") in troly("offices", "list")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_missing, "cannot be read: there is no such file or folder"),
        (_folder, "cannot be read: it is a folder"),
        (_empty, "holds no certificate in PEM"),
    ],
)
def test_certificates_of_a_mail_server_that_are_none_are_named_by_their_setting(
    troly: Troly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], str], reason: str
) -> None:
    file = make(tmp_path)
    for name, value in (("HOST", "127.0.0.1"), ("FROM", "troly@dongnai.gov.vn"), ("CA_FILE", file)):
        monkeypatch.setenv(f"TROLY_EMAIL_{name}", value)
    assert f"TROLY_EMAIL_CA_FILE: the file {file} {reason}" in troly("email", "check")


@pytest.mark.parametrize(
    "command",
    [
        ("rules", "new", "xa_moi", "--in", "empty.xlsx"),
        ("forms", "export", "empty.xlsx"),
        ("rules", "show", "--out", "folder.xlsx"),
        ("dossier", "template", "folder.xlsx"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_in_one_shape(
    troly: Troly, tmp_path: Path, command: tuple[str, ...]
) -> None:
    _empty(tmp_path)
    _folder(tmp_path)
    said = troly(*command)
    assert said.startswith("troly: ")
    assert " cannot be written (" in said
    assert said.endswith("); choose another folder or file\n")
