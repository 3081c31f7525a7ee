from pathlib import Path

import pytest

from rules import PackInvalid, PackNotFound, PackUnreadable, load_pack
from tests.unit.rules.packs import folder_of


def test_a_pack_is_known_by_name_and_version() -> None:
    assert load_pack().label == "nhon_trach 1"


def test_a_pack_is_loaded_from_any_folder(tmp_path: Path) -> None:
    assert load_pack(folder_of("sound", tmp_path)).name == "small"


def test_citations_know_what_sentences_call_their_document() -> None:
    revoke = load_pack().rows["key-exposed"].citations[0]
    assert (revoke.document, revoke.name) == ("68/2024/NĐ-CP", "Nghị định 68/2024/NĐ-CP")


@pytest.mark.parametrize("name", ["nowhere", "../nowhere", ""])
def test_a_pack_that_is_not_there_is_said_to_be_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(PackNotFound):
        load_pack(tmp_path / name / "x" if name == "" else name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = folder_of("sound", tmp_path)
    (folder / "notices.toml").unlink()
    with pytest.raises(PackUnreadable, match=r"notices\.toml: the pack has no such file"):
        load_pack(folder)


@pytest.mark.parametrize(("content", "said"), [(b"[[", "is not TOML"), (b'a = "\xff"', "is not UTF-8 at byte 5")])
def test_a_file_that_cannot_be_read_is_named(content: bytes, said: str, tmp_path: Path) -> None:
    folder = folder_of("sound", tmp_path)
    (folder / "decisions.toml").write_bytes(content)
    with pytest.raises(PackUnreadable, match=f"decisions.toml: {said}"):
        load_pack(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("decisions", 'article = "1"', 'artcle = "1"', "artcle"),  # a misspelt key of a citation
        ("decisions", 'article = "1"', 'article = "1", level = "sure"', "level"),  # no such level
        ("decisions", '["renamed"]', '["baptised"]', "baptised is no event; allowed: merged_into_new"),
        ("decisions", 'procedure = "revoke"', 'procedure = "burn"', "procedure"),  # no such procedure
        ("decisions", 'inputs = ["ends"]', 'inputs = ["ends"]\nhit_policy = "first"', "hit_policy"),
        ("decisions", "[defaults]", "[odd]", "odd is not known here"),
        ("questions", 'fact = "token"', 'fact = "shoe_size"', "fact"),  # no such fact
        ("documents", "last_reviewed = 2026-01-01", "", "last_reviewed"),
        ("pack", "near_expiry_days = 30", 'near_expiry_days = "soon"', "near_expiry_days"),
        ("procedures", 'procedure = "revoke"', 'procedure = "nothing_to_do"', "nothing_to_do stands twice"),
    ],
)
def test_an_entry_that_is_not_what_a_pack_holds_is_named(
    file: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    folder = folder_of("sound", tmp_path)
    path = folder / f"{file}.toml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(PackInvalid, match=f"{file}.toml") as caught:
        load_pack(folder)
    assert said in str(caught.value)
