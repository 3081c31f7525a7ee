"""Complete or not at all."""

from pathlib import Path

import pytest

from bot.errors import OutputError
from bot.exports.landing import landing, refuse_taken


def test_what_lands_takes_its_name_and_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    with landing(target) as place:
        place.draft.write_text("all of it")
        assert not target.exists()
        place.land()

    assert target.read_text() == "all of it"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(target.parent.iterdir()) == [target]


def test_what_fails_leaves_nothing_and_what_was_there_stays(tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    target.write_text("before")

    with pytest.raises(UnicodeEncodeError), landing(target) as place:
        place.draft.write_text("half of it \ud800", encoding="utf-8")

    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_export_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".list.csv.part"
    (left / "lists").mkdir(parents=True)
    (left / "lists" / "1.jsonl").write_text("somebody's name")
    (left / "list.csv").write_text("half of it")

    with landing(tmp_path / "list.csv") as place:
        assert list(place.folder.iterdir()) == []

    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_write_the_same_file(tmp_path: Path) -> None:
    with (
        landing(tmp_path / "list.csv") as place,
        pytest.raises(OutputError, match="another export"),
        landing(tmp_path / "list.csv"),
    ):
        pytest.fail("both are in")  # pragma: no cover
    assert not place.folder.exists()


def test_a_folder_that_may_not_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match="choose another folder or file"), landing(tmp_path / "file" / "list.csv"):
        pytest.fail("there is no such folder")


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    target = tmp_path / "no" / "such" / "list.csv"

    with pytest.raises(OutputError, match="there is no folder"), landing(target):
        pytest.fail("there is no such folder")
    with pytest.raises(OutputError, match="there is no folder"):
        refuse_taken(target, force=True)

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_refused_without_force(tmp_path: Path) -> None:
    (tmp_path / "list.csv").touch()

    refuse_taken(tmp_path / "list.csv", force=True)
    with pytest.raises(OutputError, match="--force"):
        refuse_taken(tmp_path / "list.csv", force=False)
