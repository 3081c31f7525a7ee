"""``troly dossier``: facts, a list and files in, papers and one JSON object out, whole or not at all."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import dossier
from bot.cli.dossier import app
from bot.errors import OutputError
from bot.settings import load_settings
from handlers.model import Succession, SuccessionKind, Unit, UnitDirectory, UnitToday
from locales import translator
from rules.offices import Office
from tests.support.dossiers import commune, facts_of, to_zip
from tests.support.pki import make_certificate, make_personal

DAY = ("--today", "2026-11-23")


@pytest.fixture(autouse=True)
def settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use the settings of a Vietnamese office with an empty data folder."""
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path_factory.mktemp("data")))
    monkeypatch.setenv("TROLY_LANGUAGE", "vi")
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def troly(*arguments: str) -> tuple[int, str, str]:
    """Run the command in this process."""
    found: Result = CliRunner().invoke(app, list(arguments[1:]))
    if isinstance(found.exception, OutputError):
        return found.exception.exit_code, found.stdout, str(found.exception)
    return found.exit_code, found.stdout, found.stderr


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with the archive of a commune and its facts."""
    cases = commune()
    (tmp_path / "xa.zip").write_bytes(to_zip(cases))
    (tmp_path / "facts.json").write_text(json.dumps(facts_of(cases)), encoding="utf-8")
    return tmp_path


def test_the_dossier_of_a_commune_is_printed_and_written(given: Path) -> None:
    out = given / "ho-so"
    facts = str(given / "facts.json")
    code, printed, _ = troly("dossier", "--facts", facts, str(given / "xa.zip"), "--out", str(out), "--json", *DAY)

    told, cases = json.loads(printed), commune()
    assert code == 3
    assert [(one["serial"], one["status"], tuple(one["procedures"])) for one in told["certificates"]] == [
        (case.serial or None, case.status, case.procedures) for case in sorted(cases, key=_reading_order(told))
    ]
    rows = [(one["form"], len(one["rows"])) for one in told["documents"]]
    assert rows == [("04", 33), ("04", 1), ("05", 4), ("08", 3), ("09", 1), ("01", 2)]
    with zipfile.ZipFile(out / "ho-so-don-vi.zip") as archive:
        assert sorted([*archive.namelist(), "ho-so-don-vi.zip"]) == sorted(path.name for path in out.iterdir())


def _reading_order(told: dict[str, Any]) -> Any:
    files = [one["file"].partition(".zip/")[2] for one in told["certificates"]]
    return lambda case: files.index(case.file)


def test_all_decided_is_status_0_and_an_open_question_status_3(tmp_path: Path) -> None:
    (tmp_path / "a.cer").write_bytes(make_personal("Nguyễn Văn A", serial=0xA1))
    facts = tmp_path / "facts.json"
    facts.write_text('{"events": ["left_state_service"], "token": "in_hand", "key_exposed": false}')
    arguments = ("dossier", "--facts", str(facts), str(tmp_path / "a.cer"), "--json", *DAY)

    code, printed, _ = troly(*arguments, "--out", str(tmp_path / "one"))
    assert (code, json.loads(printed)["certificates"][0]["status"]) == (0, "decided")

    facts.write_text('{"events": ["unit_reorganised"], "key_exposed": false}')
    code, printed, _ = troly(*arguments, "--out", str(tmp_path / "two"))
    (entry,) = json.loads(printed)["certificates"]
    assert (code, entry["status"], entry["needs"]) == (3, "needs", ["information_matches", "token"])


@pytest.mark.parametrize(
    "facts",
    [
        "{", "[]", '{"subject": "individual"}', '{"certificate": {"issuer": "public"}}', '{"events": ["nope"]}',
        '{"people": []}', '{"people": {"A1": {"token": "nope"}}}', '{"token": "lost", "token": "in_hand"}',
    ],
)  # fmt: skip
def test_facts_that_cannot_be_used_are_status_2_and_nothing_is_written(given: Path, facts: str) -> None:
    (given / "wrong.json").write_text(facts)
    out = given / "ho-so"
    code, _, told = troly("dossier", "--facts", str(given / "wrong.json"), str(given / "xa.zip"), "--out", str(out))

    assert (code, out.exists()) == (2, False)
    assert told.startswith("troly dossier: ")


def test_a_missing_file_an_unknown_unit_and_no_certificates_are_status_2(given: Path) -> None:
    common = ("dossier", "--facts", str(given / "facts.json"), "--out", str(given / "ho-so"))

    for more in ((str(given / "nowhere.cer"),), (str(given / "xa.zip"), "--unit", "XX"), (), ("--list", "nowhere.csv")):
        assert troly(*common, *more)[0] == 2
    assert not (given / "ho-so").exists()


def test_a_folder_that_holds_something_is_refused(given: Path) -> None:
    common = ("dossier", "--facts", str(given / "facts.json"), str(given / "xa.zip"))

    assert troly(*common, "--out", str(given))[0] == 1
    assert sorted(path.name for path in given.iterdir() if not path.name.startswith(".")) >= ["facts.json", "xa.zip"]


def test_the_unit_says_what_happened_and_stands_in_the_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Unit("PH", "xã Phú Hội", closed_on=date(2025, 7, 1))
    step = Succession("PH", "NT", SuccessionKind.MERGED_INTO_NEW, date(2025, 7, 1), "1662/NQ-UBTVQH15")
    units = UnitDirectory.of([Unit("NT", "xã Nhơn Trạch", aliases=("UBND xã Nhơn Trạch",)), before], [step])

    async def read(*_: object) -> tuple[UnitToday, tuple[Office, ...]]:
        return UnitToday(units, "NT", date(2026, 11, 23)), ()

    monkeypatch.setattr(dossier, "_read_unit", read)
    (tmp_path / "a.cer").write_bytes(make_personal("Nguyễn Văn A", units=("UBND xã Phú Hội",), serial=0xA1))
    (tmp_path / "facts.json").write_text('{"token": "in_hand", "key_exposed": false}')
    facts, file, out = str(tmp_path / "facts.json"), str(tmp_path / "a.cer"), tmp_path / "o"
    code, printed, _ = troly("dossier", "--facts", facts, "--unit", "NT", file, "--out", str(out), "--json", *DAY)

    (document,) = json.loads(printed)["documents"]
    assert (code, document["file"]) == (0, "mau-04-thay-doi-thong-tin-ubnd-xa-nhon-trach.docx")


def test_a_list_that_was_filled_in_from_the_template_is_read_beside_the_files(tmp_path: Path) -> None:
    list_, facts = tmp_path / "ds.xlsx", tmp_path / "facts.json"
    assert troly("dossier", "template", str(list_))[0] == 0
    book = openpyxl.load_workbook(list_)
    book.active.append([1, "Trường Tiểu học A", "A1", None, None, "Tổ chức", None, "đổi cấp trên"])
    book.active.append([2, "Trần Thị B", "B1", "31/12/2028", "b@dongnai.gov.vn", None, None, None, "x"])
    book.save(list_)
    (tmp_path / "a.cer").write_bytes(make_certificate("Trường Tiểu học A", serial=0xA1))
    facts.write_text('{"information_matches": false, "token": "in_hand", "key_exposed": false}')
    code, printed, _ = troly(
        "dossier", "--facts", str(facts), "--list", str(list_), str(tmp_path / "a.cer"), "--out", str(tmp_path / "o"),
        "--json", *DAY,
    )  # fmt: skip

    told = json.loads(printed)
    assert code == 0
    assert [(one["name"], one["procedures"]) for one in told["certificates"]] == [
        ("Trường Tiểu học A", ["change_information"]), ("Trần Thị B", ["revoke", "return_device"]),
    ]  # fmt: skip
    assert troly("dossier", "template", str(list_))[0] == 1  # a file that is there is not replaced


@pytest.mark.fresh_interpreter
@pytest.mark.long
def test_one_that_is_cancelled_in_the_middle_leaves_nothing_and_no_converter(given: Path, tmp_path: Path) -> None:
    begun, out = tmp_path / "begun", given / "ho-so"
    converter = tmp_path / "bin" / "soffice"
    converter.parent.mkdir()
    converter.write_text(f"#!/bin/sh\necho $$ > {begun}.new && mv {begun}.new {begun}\nexec sleep 60\n")
    converter.chmod(0o700)
    command = [sys.executable, "-m", "bot", "dossier", "--facts", str(given / "facts.json"), str(given / "xa.zip")]
    path = f"{converter.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "TROLY_DATA_DIR": str(given / "data"), "PATH": path, "TROLY_LANGUAGE": "vi"}
    with subprocess.Popen([*command, "--pdf", "--out", str(out)], env=environment, stderr=subprocess.PIPE) as started:
        end = time.monotonic() + 60
        while not begun.exists():  # all forms are made by then, and none is written
            assert started.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        started.send_signal(signal.SIGINT)
        _, told = started.communicate(timeout=30)

    assert started.returncode == 130
    assert translator("vi")("Cancelled; nothing was written.") in told.decode()
    assert {path.name for path in given.iterdir()} <= {"xa.zip", "facts.json", "data", "bin", "begun"}
    assert not out.exists()
    end, converting = time.monotonic() + 30, Path(f"/proc/{begun.read_text().strip()}")
    while converting.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    assert list((given / "data").rglob("*.docx")) == []


FACTS: dict[str, object] = {"events": ["left_state_service"], "token": "in_hand", "key_exposed": False}
SERIAL = 0x0A1B2C3D4E5F6071


def decide(folder: Path, people: dict[str, object] | None = None, *more: str) -> tuple[int, list[dict[str, Any]], str]:
    """Make the dossier of what is given with the facts of one who has retired."""
    facts, out = folder / "f.json", folder / "out"
    facts.write_text(json.dumps({**FACTS, **({"people": people} if people is not None else {})}), encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    code, printed, told = troly("dossier", "--facts", str(facts), *more, "--out", str(out), "--json", *DAY)
    assert out.exists() == (code != 2)
    return code, json.loads(printed)["certificates"] if printed else [], told


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A folder with one certificate."""
    (tmp_path / "a.cer").write_bytes(make_personal("Nguyễn Văn A", serial=SERIAL))
    return tmp_path


@pytest.mark.parametrize(
    "spelt", ["0a:1b:2c:3d:4e:5f:60:71", "0x000A1B2C3D4E5F6071", "A1B2C3D4E5F6071", " 0A 1B.2C-3D 4E5F6071 "]
)
def test_a_serial_number_counts_however_it_is_spelt(one: Path, spelt: str) -> None:
    code, (entry,), _ = decide(one, {spelt: {"token": "lost"}}, str(one / "a.cer"))

    assert (code, entry["serial"], entry["procedures"]) == (0, "0A1B2C3D4E5F6071", ["revoke", "report_loss"])


@pytest.mark.parametrize(
    "people",
    [
        {"0x0A1B2C3D4E5F6071": {"token": "lost"}, "0a1b2c3d4e5f6071": {}},  # one number, twice
        {"Nguyễn Văn A": {"token": "lost"}}, {"": {}}, {" ": {}}, {"0x": {}}, {"0000": {}}, {"A1;B2": {}},
        {"A" * 80: {}},
    ],
)  # fmt: skip
def test_what_is_no_serial_number_or_stands_there_twice_is_status_2(one: Path, people: dict[str, object]) -> None:
    code, _, told = decide(one, people, str(one / "a.cer"))

    assert code == 2
    assert "people" in told


def test_a_serial_number_that_nothing_was_given_for_is_shown_as_a_problem(one: Path) -> None:
    code, entries, _ = decide(one, {"FFFF": {"token": "lost"}}, str(one / "a.cer"))

    assert code == 3
    assert [(entry["serial"], entry["problem"]) for entry in entries] == [
        ("0A1B2C3D4E5F6071", None), ("FFFF", "no_certificate"),
    ]  # fmt: skip


def test_two_files_of_one_certificate_stand_in_one_row_and_the_same_file_counts_once(one: Path) -> None:
    (one / "copy.cer").write_bytes((one / "a.cer").read_bytes())
    code, entries, _ = decide(one, None, str(one / "a.cer"), str(one / "copy.cer"))
    assert (code, [entry["problem"] for entry in entries]) == (3, [None, "duplicate_serial"])

    code, entries, _ = decide(one, None, str(one / "a.cer"), str(one / "." / "a.cer"))
    assert (code, len(entries)) == (0, 1)


def test_folders_in_a_folder_are_read_and_what_systems_keep_there_is_not(one: Path) -> None:
    room = one / "giấy tờ" / "phòng 1"
    room.mkdir(parents=True)
    (room / "b.cer").write_bytes(make_personal("Trần Thị B", serial=0xB1B1))
    (room / "loop").symlink_to(one / "giấy tờ")
    for name in (".DS_Store", "Thumbs.db", "~$b.docx", "desktop.ini"):
        (room / name).write_bytes(b"x")
    code, entries, _ = decide(one, None, str(one / "giấy tờ"))

    assert (code, [entry["serial"] for entry in entries]) == (0, ["B1B1"])


def test_nothing_to_decide_is_status_2(one: Path) -> None:
    (one / "empty").mkdir()
    (one / "heads.csv").write_text("Tên;Số hiệu\n", encoding="utf-8")
    for more in (
        (str(one / "empty"),),
        ("--list", str(one / "heads.csv")),
        (str(one / "empty"), "--list", str(one / "heads.csv")),
    ):
        code, _, told = decide(one, None, *more)
        assert (code, "Không có chứng thư nào" in told) == (2, True)


def test_an_archive_in_an_archive_and_an_empty_one_are_problems(one: Path) -> None:
    for name, entries in (("inner.zip", {"a.cer": one / "a.cer"}), ("outer.zip", {"inner.zip": one / "inner.zip"})):
        with zipfile.ZipFile(one / name, "w") as archive:
            for entry, path in entries.items():
                archive.write(path, entry)
    (one / "none.zip").write_bytes(b"PK\x05\x06" + b"\0" * 18)
    code, entries, _ = decide(one, None, str(one / "outer.zip"), str(one / "none.zip"))

    assert code == 3
    assert [entry["problem"] for entry in entries] == ["nested_archive", "no_certificate"]


LIST = (
    "Name,Serial number,Expiry date,Email,Note\nNguyễn Văn A,0a1b2c3d4e5f6071,31/12/2028,a@dongnai.gov.vn,lost token\n"
)
TITLES = (
    "ỦY BAN NHÂN DÂN XÃ MẪU;;;\nDANH SÁCH CHỨNG THƯ;;;\n;;;\nSTT;Họ và tên;Số hiệu;Ghi chú\n"
    "1;Nguyễn Văn A;0A:1B:2C:3D:4E:5F:60:71;mất token\n;;;\nTổng cộng: 1;;;\n"
)


@pytest.mark.parametrize(
    "content",
    [
        LIST.encode(), LIST.encode("utf-8-sig"), LIST.encode("utf-16"), LIST.encode("utf-16-be"),
        LIST.replace(",", ";").encode(), LIST.replace(",", "\t").encode(), TITLES.encode(), TITLES.encode("utf-16-le"),
        LIST.replace("\n", "\r\n").encode(), b"sep=;\r\n" + LIST.replace(",", ";").encode(),
    ],
)  # fmt: skip
def test_a_list_is_read_in_any_language_order_separator_and_encoding(one: Path, content: bytes) -> None:
    (one / "ds.csv").write_bytes(content)
    code, (entry,), _ = decide(one, None, str(one / "a.cer"), "--list", str(one / "ds.csv"))

    assert (code, entry["procedures"]) == (0, ["revoke", "report_loss"])


def test_a_workbook_under_a_wrong_name_is_read_and_an_old_one_says_what_to_do(one: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Tên", "Số hiệu", "Mất token"])
    book.active.append(["Nguyễn Văn A", "0A1B2C3D4E5F6071", "x"])
    book.save(one / "ds.xlsx")
    (one / "ds.xlsx").rename(one / "ds.xls")
    code, (entry,), _ = decide(one, None, str(one / "a.cer"), "--list", str(one / "ds.xls"))
    assert (code, entry["procedures"]) == (0, ["revoke", "report_loss"])

    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook".encode("utf-16-le") + bytes(600)
    (one / "ds.xls").write_bytes(old)
    code, _, told = decide(one, None, str(one / "a.cer"), "--list", str(one / "ds.xls"))
    assert (code, ".xlsx" in told) == (2, True)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Trần Thị B", "other_name"), ("UBND xã Phước An", "other_name"), ("nguyen van a", None),
        ("Ông Nguyễn Văn A", None), ("Nguyễn Văn A – phòng Văn hóa", None), ("Nguyễn Vằn A", None), ("", None),
    ],
)  # fmt: skip
def test_a_row_with_the_number_of_somebody_else_makes_nobody_lose_a_certificate(
    one: Path, name: str, problem: str | None
) -> None:
    (one / "ds.csv").write_text(f"Tên;Số hiệu;Ghi chú\n{name};0A1B2C3D4E5F6071;mất token\n", encoding="utf-8")
    code, (entry,), _ = decide(one, None, str(one / "a.cer"), "--list", str(one / "ds.csv"))

    assert (code, entry["problem"]) == (3 if problem else 0, problem)
    assert bool(entry["procedures"]) == (problem is None)


def test_a_list_among_the_files_is_told_to_be_given_as_one(one: Path) -> None:
    (one / "ds.csv").write_text("Tên;Số hiệu\nTrần Thị B;0B1B2C3D4E5F6071\n", encoding="utf-8")
    (one / "f.json").write_text(json.dumps(FACTS))
    files = (str(one / "a.cer"), str(one / "ds.csv"))
    code, told, _ = troly("dossier", "--facts", str(one / "f.json"), *files, "--out", str(one / "out"), *DAY)

    assert (code, "--list" in told) == (3, True)
