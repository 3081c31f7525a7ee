from datetime import date
from pathlib import Path

import pytest

from locales import translator
from rules.checking import check
from rules.deciding import decide
from rules.errors import PackInvalid, PackNotFound, PackUnreadable
from rules.loading import load_pack
from rules.outcome import Decided
from rules.parsing import parse_facts
from tests.unit.rules.packs import folder_of


def test_a_pack_is_known_by_name_and_version() -> None:
    assert load_pack().label == "nhon_trach 3"


def test_a_pack_is_loaded_from_any_folder(tmp_path: Path) -> None:
    assert load_pack(folder_of("sound", tmp_path)).name == "small"


def test_citations_know_what_sentences_call_their_document() -> None:
    revoke = load_pack().rows["key-exposed"].citations[0]
    assert (revoke.document, revoke.name) == ("68/2024/NĐ-CP", "Nghị định 68/2024/NĐ-CP")


@pytest.mark.parametrize("name", ["nowhere", "../nowhere", ""])
def test_a_pack_that_is_not_there_is_said_to_be_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(PackNotFound) as caught:
        load_pack(tmp_path / name / "x" if name == "" else name)
    assert caught.value.say(translator("vi")).startswith("không có bộ quy tắc '")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = folder_of("sound", tmp_path)
    (folder / "notices.toml").unlink()
    with pytest.raises(PackUnreadable, match=r"notices\.toml: the pack has no such file") as caught:
        load_pack(folder)
    assert caught.value.say(translator("vi")).startswith("notices.toml: bộ quy tắc thiếu tệp này")


@pytest.mark.parametrize(("content", "said"), [(b"[[", "is not TOML"), (b'a = "\xff"', "is not UTF-8 at byte 5")])
def test_a_file_that_cannot_be_read_is_named(content: bytes, said: str, tmp_path: Path) -> None:
    folder = folder_of("sound", tmp_path)
    (folder / "decisions.toml").write_bytes(content)
    with pytest.raises(PackUnreadable, match=f"decisions.toml: {said}") as caught:
        load_pack(folder)
    assert said not in caught.value.say(translator("vi"))


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("decisions", 'article = "1"', 'artcle = "1"', "artcle"),  # a misspelt key of a citation
        ("decisions", 'article = "1"', 'article = "1", level = "sure"', "level"),  # no such level
        ("decisions", '["renamed"]', '["baptised"]', "flags: renamed.0: 'baptised' is not a value; allowed: merged"),
        ("decisions", 'procedure = "revoke"', 'procedure = "burn"', "procedure"),  # no such procedure
        ("decisions", 'inputs = ["ends"]', 'inputs = ["ends"]\nhit_policy = "first"', "hit_policy"),
        ("decisions", "[defaults]", "[odd]", "odd is not known here"),
        ("decisions", '[defaults]\nends = "no"', "defaults = 3", "defaults"),
        ("decisions", '[flags]\nrenamed = ["renamed"]', "flags = 3", "flags"),
        ("cases", "[[cases]]", "[cases]", "cases is not a list"),
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
    english, vietnamese = str(caught.value).splitlines(), caught.value.say(translator("vi")).splitlines()
    for one, other in zip(english, vietnamese, strict=True):
        assert other != one
        assert other.startswith(f"{file}.toml: ")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("decisions", 'article = "1"', 'artcle = "1"', "artcle: không được dùng ở đây; hãy sửa tên hoặc bỏ đi"),
        ("decisions", 'article = "1"', "article = 1", "article: không phải văn bản chữ; hãy đặt trong dấu nháy"),
        ("documents", "last_reviewed = 2026-01-01", "", "last_reviewed: còn thiếu; hãy bổ sung"),
        ("documents", "last_reviewed = 2026-01-01", 'last_reviewed = "soon"', "last_reviewed: không phải ngày"),
        ("pack", "near_expiry_days = 30", 'near_expiry_days = "soon"', "near_expiry_days: không phải số nguyên"),
        ("decisions", '[flags]\nrenamed = ["renamed"]', "flags = 3", "flags: không phải nhóm tên và giá trị"),
        ("decisions", 'inputs = ["ends"]', 'inputs = "ends"', "inputs: không phải danh sách"),
        ("decisions", 'procedure = "revoke"', 'procedure = "burn"', "không nhận giá trị 'burn'; các giá trị được dùng"),
        ("questions", 'fact = "token"', 'fact = "token"\nmany = "often"', "many: không phải true hay false"),
        ("decisions", '{ ends = "yes" }', "{ ends = [] }", "ends: đang trống"),
    ],
)
def test_what_is_wrong_with_an_entry_is_told_in_vietnamese(
    file: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    folder = folder_of("sound", tmp_path)
    path = folder / f"{file}.toml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(PackInvalid) as caught:
        load_pack(folder)
    assert said in caught.value.say(translator("vi"))
    assert "cannot be used" not in str(caught.value)


def test_every_wrong_entry_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    folder = folder_of("sound", tmp_path)
    path = folder / "notices.toml"
    path.write_text(path.read_text("utf-8").replace("text =", "txt ="), "utf-8")
    with pytest.raises(PackInvalid) as caught:
        load_pack(folder)
    assert {"notices 1 (known)", "notices 2 (early)"} <= {
        part for line in str(caught.value).splitlines() for part in line.split(": ")
    }


def test_a_table_without_inputs_always_applies(tmp_path: Path) -> None:
    folder = folder_of("sound", tmp_path)
    decisions = folder / "decisions.toml"
    always = '\n[[tables]]\nname = "always"\nabout = "Always?"\n\n[[tables.rows]]\nid = "always"\nnotices = ["known"]\n'
    decisions.write_text(decisions.read_text("utf-8") + always, "utf-8")
    pack = load_pack(folder)
    assert check(pack) == ()
    outcome = decide(pack, parse_facts({"events": []}), date(2026, 1, 1))
    assert isinstance(outcome, Decided)
    assert [notice.id for notice in outcome.notices] == ["known"]
