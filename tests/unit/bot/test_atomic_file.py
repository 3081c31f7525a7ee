"""Complete or not at all."""

from pathlib import Path

import pytest

from bot.atomic_file import open_atomic_file, private_folder, refuse_existing, remove_leftovers, remove_noted
from bot.errors import OutputError


def test_what_lands_takes_its_name_and_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    with open_atomic_file(target, tmp_path / "notes") as place:
        place.draft.write_text("all of it")
        assert not target.exists()
        place.publish()

    assert target.read_text() == "all of it"
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(target.parent.iterdir()) == [target, tmp_path / "notes"]


def test_what_fails_leaves_nothing_and_what_was_there_stays(tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    target.write_text("before")

    with pytest.raises(UnicodeEncodeError), open_atomic_file(target, tmp_path / "notes") as place:
        place.draft.write_text("half of it \ud800", encoding="utf-8")

    assert target.read_text() == "before"
    assert sorted(tmp_path.iterdir()) == [target, tmp_path / "notes"]
    assert list((tmp_path / "notes").iterdir()) == []


def test_what_a_killed_export_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".list.csv.part"
    (left / "lists").mkdir(parents=True)
    (left / "lists" / "1.jsonl").write_text("somebody's name")
    (left / "list.csv").write_text("half of it")

    with open_atomic_file(tmp_path / "list.csv", tmp_path / "notes") as place:
        assert list(place.folder.iterdir()) == []

    assert list(tmp_path.iterdir()) == [tmp_path / "notes"]


def test_two_at_once_do_not_write_the_same_file(tmp_path: Path) -> None:
    with (
        open_atomic_file(tmp_path / "list.csv", tmp_path / "notes") as place,
        pytest.raises(OutputError, match="another export"),
        open_atomic_file(tmp_path / "list.csv", tmp_path / "notes"),
    ):
        pytest.fail("both are in")  # pragma: no cover
    assert not place.folder.exists()


def test_a_folder_that_may_not_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(OutputError, match="choose another folder or file"),
        open_atomic_file(tmp_path / "file" / "list.csv", tmp_path / "notes"),
    ):
        pytest.fail("there is no such folder")


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    target = tmp_path / "no" / "such" / "list.csv"

    with pytest.raises(OutputError, match="there is no folder"), open_atomic_file(target, tmp_path / "notes"):
        pytest.fail("there is no such folder")
    with pytest.raises(OutputError, match="there is no folder"):
        refuse_existing(target, force=True)

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_refused_without_force(tmp_path: Path) -> None:
    (tmp_path / "list.csv").touch()

    refuse_existing(tmp_path / "list.csv", force=True)
    with pytest.raises(OutputError, match="--force"):
        refuse_existing(tmp_path / "list.csv", force=False)


def test_a_note_of_a_living_export_and_a_note_of_anything_else_remove_nothing(tmp_path: Path) -> None:
    notes, other = tmp_path / "notes", tmp_path / "other"
    other.mkdir()
    with open_atomic_file(tmp_path / "list.csv", notes) as place:
        place.draft.write_text("half of it")
        (notes / "forged").write_text(str(other))

        remove_noted(notes)

        assert place.draft.read_text() == "half of it"
    assert other.is_dir()
    assert list(notes.iterdir()) == []


def test_a_draft_without_a_name_lands_like_any_other(tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    target.write_text("before")
    with open_atomic_file(target, tmp_path / "notes") as place:
        path = place.unlinked_path()
        path.write_text("all of it")
        assert list(place.folder.iterdir()) == []
        place.publish()

    assert target.read_text() == "all of it"
    assert target.stat().st_mode & 0o777 == 0o600


def test_what_the_chats_exports_left_is_cleared_and_one_under_way_stays(tmp_path: Path) -> None:
    channel = tmp_path / "exports" / "telegram"
    (channel / "killed").mkdir(parents=True)
    (channel / "killed" / "1.xlsx").write_text("somebody's name")
    with private_folder(channel) as under_way:
        remove_leftovers(tmp_path)

        assert list(channel.iterdir()) == [under_way]
