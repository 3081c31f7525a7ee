"""CSV and JSON Lines."""

import csv
import io
import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.exports import COLUMNS
from bot.exports.export import format_csv as csv_text
from bot.exports.export import open_writer
from bot.tables import guard_formula, unguard_formula
from handlers.model import ExportForm
from tests.support.exports import FORMULA, HOSTILE, make_hostile_rows, make_metadata, make_row

FORMULA_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
DOC = Path(__file__).resolve().parents[3] / "docs" / "exports.md"


def written(form: ExportForm, folder: Path) -> bytes:
    path = folder / "list"
    writer = open_writer(form, path, make_metadata(len(make_hostile_rows()), form))
    writer.add(make_hostile_rows())
    writer.finish()
    return path.read_bytes()


def records(folder: Path) -> list[dict[str, str]]:
    text = written(ExportForm.CSV, folder).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_begins_with_a_byte_order_mark_and_ends_its_records_in_cr_and_lf(tmp_path: Path) -> None:
    content = written(ExportForm.CSV, tmp_path)

    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    assert content.count(b"\r\n") == len(make_hostile_rows()) + 1


def test_csv_has_a_record_for_each_request_whatever_its_name(tmp_path: Path) -> None:
    found = records(tmp_path)

    assert [record["Mã yêu cầu"] for record in found] == [one.request.code for one in make_hostile_rows()]
    assert found[8]["Đứng tên chứng thư"] == "Đ" * 300
    assert found[10]["Đứng tên chứng thư"] == "dòng một\ndòng hai"


def test_no_cell_of_csv_begins_like_a_formula(tmp_path: Path) -> None:
    found = records(tmp_path)

    assert found[0]["Đứng tên chứng thư"] == f"'{FORMULA}"
    assert [cell for record in found for cell in record.values() if cell.startswith(FORMULA_SIGNS)] == []


@pytest.mark.parametrize(
    ("typed", "safe"),
    [
        ("A;=1+2", "A;'=1+2"),
        ("A|@SUM(1)", "A|'@SUM(1)"),
        ('A;"=1+2"', 'A;"\'=1+2"'),
        ("A ; -1", "A ; '-1"),
        ("hai\n=1", "hai\n'=1"),
        ("'=1", "''=1"),
        ("Xã Mẫu – tổ 1; tổ 2", "Xã Mẫu – tổ 1; tổ 2"),
        ("1+2=3", "1+2=3"),
        ("A =1+2", "A '=1+2"),
        ("A =", "A '="),
        ("A '=1+2", "A ''=1+2"),
        ('A "@SUM(1)"', 'A "\'@SUM(1)"'),
        ("Tổ 1 - Ấp 2", "Tổ 1 - Ấp 2"),
    ],
)
def test_a_sign_behind_any_separator_is_guarded_and_comes_back_as_it_was(typed: str, safe: str) -> None:
    assert guard_formula(typed) == safe
    assert unguard_formula(safe) == typed


@example(['= "= '])
@given(st.lists(st.text(alphabet="A =+-@＝;,|'\"\n\t", max_size=12), min_size=1, max_size=4))
def test_no_reader_meets_a_formula_whatever_it_splits_at(cells: list[str]) -> None:
    line = csv_text([cells])

    for separator in ",;|\t":
        for piece in (part for row in line.splitlines() for part in row.split(separator)):
            assert not piece.lstrip(' \t"').startswith(FORMULA_SIGNS)
    for piece in (piece.lstrip('"') for piece in line.split()):
        assert len(piece) == 1 or not piece.startswith(FORMULA_SIGNS)  # a sign alone is no formula
    assert [unguard_formula(cell) for cell in next(csv.reader(io.StringIO(line, newline="")))] == cells


def test_days_and_moments_of_csv_are_vietnamese(tmp_path: Path) -> None:
    first = records(tmp_path)[0]

    assert first["Có hiệu lực đến"] == "16/11/2026"
    assert first["Ghi nhận lúc"] == "09:00 23/11/2026"


def test_nothing_in_csv_steers_or_fools_its_reader(tmp_path: Path) -> None:
    assert not {"\u202e", "\u2066", "\x00", "\x07"} & set(written(ExportForm.CSV, tmp_path).decode())


def test_every_line_of_json_lines_is_an_object_with_every_key_in_order(tmp_path: Path) -> None:
    found = [json.loads(line) for line in written(ExportForm.JSONL, tmp_path).decode().rstrip("\n").split("\n")]
    assert len(found) == len(make_hostile_rows())
    assert all(list(one) == [column.key for column in COLUMNS] for one in found)
    assert [one["subscriber"] for one in found[:12]] == list(HOSTILE[:12])
    assert found[12]["subscriber"] == "nửa ? chữ \uffff"


def test_json_lines_speak_machine_words_and_iso_8601(tmp_path: Path) -> None:
    first = json.loads(written(ExportForm.JSONL, tmp_path).split(b"\n")[0])

    assert first["state"] == "submitted"
    assert first["procedure"] == "change_information"
    assert first["events"] == ["merged_into_new"]
    assert first["not_after"] == "2026-11-16"
    assert datetime.fromisoformat(first["registered_at"]) == make_row().registered_at
    assert first["revision"] == 1
    assert first["new_address"] is None


def test_the_schema_names_every_key_and_its_kind() -> None:
    written_down = DOC.read_text(encoding="utf-8")

    assert [column.key for column in COLUMNS if f"| `{column.key}` |" not in written_down] == []
