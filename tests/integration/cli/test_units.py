"""``troly units``: a list is imported as a whole or not at all, on either database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from bot.services.opening import open_store
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store
from bot.store.sealing import open_keyring
from bot.units.import_plan import plan_import
from bot.units.list_reader import read_sample
from handlers.model import NO_UNITS, Grant, Refusal, Rights, Role, UnitDirectory
from tests.support.database import Command, Database
from tests.support.dialogue import nhon_trach
from tests.support.people import grant_role, insert_units
from tests.support.store import NOW
from tests.support.unit_lists import (
    BODY,
    HEAD,
    NEW,
    OLD,
    ROWS,
    encode_tcvn3,
    make_text_file,
    make_workbook,
    write_csv,
    write_xlsx,
)

OWNER = Rights((Grant("QT-000001", Role.OWNER),), NO_UNITS, "QT-000001")
TABLES = ("units", "unit_names", "unit_successions", "audit")
NOTHING: dict[str, list[tuple[object, ...]]] = {table: [] for table in TABLES}


@pytest.fixture
def listed(database: Database) -> Callable[[bytes], str]:
    """A file with these bytes."""

    def write(data: bytes) -> str:
        path = Path(database.folder) / "units.list"
        path.write_bytes(data)
        return str(path)

    return write


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(database.sql(f"SELECT * FROM {table}"), key=str) for table in TABLES}


def version(database: Database) -> int:
    return sum(value for (value,) in database.sql("SELECT value FROM counters WHERE name = 'units'"))


async def keep(store: Store, rights: Rights, units: UnitDirectory, changed: frozenset[str]) -> Refusal | None:
    async with open_admin_transaction(store, NOW) as office:
        await office.admin.units.load_for_update()
        refused = await office.admin.units.save(rights, units, changed)
        await office.commit()
        return refused


def test_without_apply_nothing_is_changed(troly: Command, database: Database) -> None:
    code, out, _ = troly("units", "import", "--sample", "nhon-trach")
    assert code == 0
    assert "added: 17, changed: 0, closed: 0" in out
    assert "--apply" in out
    assert rows(database) == NOTHING
    assert version(database) == 0


def test_an_import_is_stored_told_to_others_and_journalled_once(troly: Command, database: Database) -> None:
    troly("units", "import", "--sample", "nhon-trach", "--apply")
    assert len(rows(database)["units"]) == 17
    assert version(database) == 1
    assert database.sql("SELECT actor, act, subject, unit, count, channel FROM audit") == [
        ("machine", "maintain_units", "units", None, 17, "machine")
    ]


def test_what_was_imported_is_read_back_as_it_was(troly: Command, database: Database) -> None:
    troly("units", "import", "--sample", "nhon-trach", "--apply")

    async def read() -> UnitDirectory:
        store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
        units = await store.units.read()
        await store.close()
        return units

    stored, wanted = asyncio.run(read()), nhon_trach()
    assert stored.units == wanted.units
    assert set(stored.successions) == set(wanted.successions)


def test_the_same_file_a_second_time_plans_and_writes_nothing(
    troly: Command, database: Database, listed: Callable[[bytes], str]
) -> None:
    troly("units", "import", listed(write_csv(*ROWS)), "--apply")
    before = rows(database)
    code, out, _ = troly("units", "import", listed(write_xlsx(*ROWS)), "--apply")
    assert code == 0
    assert "Nothing differs" in out
    assert (rows(database), version(database)) == (before, 1)


def test_a_file_with_a_wrong_row_changes_nothing_and_every_fault_is_named(
    troly: Command, database: Database, listed: Callable[[bytes], str]
) -> None:
    troly("units", "import", listed(write_csv(*ROWS)), "--apply")
    before = rows(database)
    code, out, err = troly("units", "import", listed(write_csv(("X", "xã X"), ("?", "xã Y"), ("Z", ""))), "--apply")
    assert (code, out) == (1, "")
    assert [line.partition(":")[0] for line in err.splitlines()] == ["Line 3", "Line 4", "troly"]
    assert (rows(database), version(database)) == (before, 1)


def test_a_unit_that_closes_and_one_that_moves_are_changed_in_place(
    troly: Command, database: Database, listed: Callable[[bytes], str]
) -> None:
    troly("units", "import", listed(write_csv(("DN", "tỉnh Đồng Nai"), NEW, ("PHO", "xã Phú Hội", "DN"))), "--apply")
    code, out, _ = troly("units", "import", listed(write_csv((*OLD[:2], "DN-NT", *OLD[3:]))), "--apply")
    assert code == 0
    assert "closed\tPHO\txã Phú Hội – xã Nhơn Trạch – tỉnh Đồng Nai" in out
    assert "Stored and not in the file: 2" in out
    assert database.sql("SELECT code, parent, place, last FROM units ORDER BY place") == [
        ("DN", None, 1, 3),
        ("DN-NT", "DN", 2, 3),
        ("PHO", "DN-NT", 3, 3),
    ]


def test_the_range_of_a_unit_in_the_database_is_what_lies_below_it(troly: Command, database: Database) -> None:
    troly("units", "import", "--sample", "nhon-trach", "--apply")
    below = database.sql(
        "SELECT s.code, u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last ORDER BY s.code, u.code"
    )
    units = nhon_trach()
    assert set(below) == {(top, code) for top in units.units for code in units.units if units.is_within(code, top)}


async def test_who_may_not_maintain_units_changes_nothing(store: Store, database: Database) -> None:
    units = plan_import(read_sample("nhon-trach"), NO_UNITS).units
    for role, unit in ((Role.ADMIN, "DN"), (Role.FOCAL, "DN"), (Role.OFFICER, None)):
        rights = Rights((Grant("QT-000002", role, unit),), units, "QT-000002")
        assert await keep(store, rights, units, frozenset(units.units)) is Refusal.NOT_YOURS
    assert rows(database) == NOTHING
    assert await keep(store, OWNER, units, frozenset(units.units)) is None
    assert len(rows(database)["units"]) == 17


async def test_an_import_that_is_not_committed_leaves_nothing(store: Store, database: Database) -> None:
    units = nhon_trach()
    async with open_admin_transaction(store, NOW) as office:
        await office.admin.units.load_for_update()
        await office.admin.units.save(OWNER, units, frozenset(units.units))
    assert rows(database) == NOTHING
    assert await store.units.version() == 0


async def test_two_who_import_at_once_wait_for_each_other(another: Callable[[], Awaitable[Store]]) -> None:
    units, both = nhon_trach(), (await another(), await another())

    async def imported(store: Store) -> int:
        async with open_admin_transaction(store, datetime.now(UTC)) as office:
            planned = plan_import(read_sample("nhon-trach"), await office.admin.units.load_for_update())
            changed = frozenset(change.unit.code for change in planned.changes)
            if changed:
                await office.admin.units.save(OWNER, planned.units, changed)
                await office.commit()
            return len(changed)

    assert sorted(await asyncio.gather(*map(imported, both))) == [0, len(units.units)]


def test_units_are_listed_as_a_tree_as_json_and_in_part(troly: Command) -> None:
    troly("units", "import", "--sample", "nhon-trach", "--apply")
    _, tree, _ = troly("units", "list")
    ended = "01/7/2025 → xã Đại Phước, xã Nhơn Trạch, xã Phước An"
    assert tree.splitlines()[:2] == ["DN\ttỉnh Đồng Nai\t", f"DN-HNT\t  huyện Nhơn Trạch\t{ended}"]
    _, below, _ = troly("units", "list", "--json", "--under", "DN-HNT")
    entries = [json.loads(line) for line in below.splitlines()]
    assert len(entries) == 13
    assert entries[1]["became"] == [
        {"code": "DN-NT", "how": "merged_into_new", "since": "2025-07-01", "source": "1662/NQ-UBTVQH15"}
    ]
    code, out, err = troly("units", "list", "--under", "KHONG")
    assert (code, out) == (1, "")
    assert "KHONG" in err


def test_a_unit_is_found_on_the_command_line_by_its_former_name(troly: Command) -> None:
    troly("units", "import", "--sample", "nhon-trach", "--apply")
    assert troly("units", "find", "tt hiep phuoc")[1] == (
        "DN-NT\txã Nhơn Trạch – tỉnh Đồng Nai\tthị trấn Hiệp Phước (until 01/7/2025, 1662/NQ-UBTVQH15)\n"
    )
    code, out, err = troly("units", "find", "không có đâu")
    assert (code, out) == (1, "")
    assert err.strip().endswith(".")


def test_on_a_terminal_units_come_as_a_table_and_a_name_is_never_markup(
    troly: Command, listed: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    troly("units", "import", listed(write_csv(("A", "[red]=HYPERLINK(1)[/red]"))), "--apply")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = troly("units", "list")
    assert "Ended" in out.splitlines()[0]
    assert "[red]=HYPERLINK(1)[/red]" in out


@pytest.mark.parametrize(
    "arguments",
    [(), ("x.csv", "--sample", "nhon-trach"), ("x.csv", "--apply", "--dry-run")],
)
def test_an_import_needs_one_list_and_one_wish(troly: Command, arguments: tuple[str, ...]) -> None:
    code, out, err = troly("units", "import", *arguments)
    assert (code, out) == (2, "")
    assert "--apply or --dry-run" in err.replace("\n", " ").replace("│ ", "")


def fresh(listed: Callable[[bytes], str], *rows: tuple[object, ...]) -> str:
    return listed(make_text_file(HEAD, *rows).encode())


BEFORE = (("79", "Thành phố Mẫu", None), ("26740", "Phường Cũ Bến", "79"))
AFTER = (BEFORE[0], ("26740", "Phường Mới Gòn", "79"))


def test_a_code_used_again_is_told_and_its_old_name_still_finds_the_unit(
    troly: Command, database: Database, listed: Callable[[bytes], str]
) -> None:
    troly("units", "import", fresh(listed, *BEFORE), "--apply")
    code, out, _ = troly("units", "import", fresh(listed, *AFTER), "--apply")
    assert code == 0
    assert "Codes that get another name: 1." in out
    assert "26740: “Phường Cũ Bến” → “Phường Mới Gòn”" in out
    _, found, _ = troly("units", "find", "phuong cu ben")
    assert found.splitlines() == ["26740\tPhường Mới Gòn – Thành phố Mẫu\tPhường Cũ Bến"]
    before = rows(database)
    assert "Nothing differs" in troly("units", "import", fresh(listed, *AFTER), "--apply")[1]
    assert rows(database) == before


async def test_what_lies_on_a_code_that_gets_another_name_is_told_before_a_yes(
    store: Store, troly: Command, database: Database, listed: Callable[[bytes], str]
) -> None:
    insert_units(database.sql)
    await grant_role(store, "77", Role.ADMIN, "DN.NT")
    _, out, _ = await asyncio.to_thread(troly, "units", "import", fresh(listed, ("DN.NT", "phường Khác Hẳn", "DN")))
    assert "On it: requests 0, officers 0, certificates 0, roles 1, open invitations 0." in out
    assert "give that body a code of its own" in out


def test_the_plan_says_how_the_file_was_read(
    troly: Command, database: Database, listed: Callable[[bytes], str]
) -> None:
    head = (*HEAD, "Ngừng từ ngày", "Ghi chú")
    body = (("75", encode_tcvn3("tỉnh Mẫu"), None, None), ("7", encode_tcvn3("xã Phước An"), "75", "7/1/2025"),
            ("70", encode_tcvn3("xã Hai"), None, None))  # fmt: skip
    data = make_workbook(("DANH MỤC",), head, *body, (None, "Tổng cộng: 3"), merged=("C4:C5",))
    code, out, _ = troly("units", "import", listed(data))
    assert code == 0
    assert "Columns that are left out: “Ghi chú”." in out
    assert "Rows that are no units and are left out: 1 (6: “Tổng cộng: 3”)." in out
    assert "Merged cells count for every row that they go down to." in out
    assert "Cells converted from TCVN3 (ABC) to Unicode: 3, such as line 3: “tØnh MÉu” → “tỉnh Mẫu”" in out
    assert "Units at the top level, without a superior: 1 (tỉnh Mẫu (75))." in out
    assert "“7/1/2025” is read as day 07, month 01, year 2025 (rows: 1)." in out


def test_a_sheet_can_be_chosen(troly: Command, database: Database, listed: Callable[[bytes], str]) -> None:
    def twice(book: openpyxl.Workbook) -> None:
        book.copy_worksheet(book.worksheets[0]).title = "Xã"

    data = listed(make_workbook(HEAD, *BODY, change=twice))
    assert troly("units", "import", data)[0] == 1
    code, out, _ = troly("units", "import", data, "--sheet", "Xã")
    assert code == 0
    assert "Read from the sheet “Xã”." in out


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "old Excel file (.xls)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "Word"),
        (b"PK\x03\x04 mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "OpenDocument"),
        (b"PK\x03\x04 xl/workbook.bin", ".xlsb"),
        (b"PK\x03\x04 word/document.xml", "Word"),
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "web page"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "XML"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"Rar!\x1a\x07\x00", "archive"),
        (b'{"code": "79", "name": "x"}', "JSON"),
    ],
)
def test_what_is_no_table_is_named_in_one_sentence(
    troly: Command, database: Database, listed: Callable[[bytes], str], data: bytes, said: str
) -> None:
    code, out, err = troly("units", "import", listed(data))
    assert (code, out) == (1, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
