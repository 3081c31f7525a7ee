"""A list of units is read in a process apart, and comes back as it was read, or with what is wrong with it."""

from datetime import date
from pathlib import Path

import pytest

from bot.units import FaultyUnitsError, UnitsFileError
from bot.units.list_reader import ReadingNotes, UnitList, UnitRow, read_list
from bot.units.list_worker import decode_list, encode_list, read_apart
from bot.units.rows import write_list
from handlers.model import NO_UNITS
from locales import translator
from tests.support.people import UNITS

SAMPLE = (Path(__file__).parents[3] / "bot" / "units" / "samples" / "nhon_trach.csv").read_bytes()


async def test_what_another_process_reads_is_what_this_one_would() -> None:
    assert await read_apart(SAMPLE, "") == read_list(SAMPLE)


def test_a_list_that_is_kept_comes_back_with_its_numbers_days_and_notes() -> None:
    row = UnitRow(3, {"code": "1", "name": "Xã"}, {"code": 1.0}, frozenset({"code"}), {"closed_on": date(2025, 7, 1)})
    notes = ReadingNotes("Trang 1", ("STT",), ((9, "Tổng"),), None, 2, ((3, "X·", "Xã"),), merged=True, text=True)
    read = UnitList([row], notes)
    assert decode_list(encode_list(read)) == read
    for spoilt in ("", "{", "[]", '{"read": 1}', encode_list(read)[:-3]):
        assert decode_list(spoilt) is None, spoilt


async def test_what_is_wrong_with_a_file_is_said_as_if_it_were_read_here() -> None:
    t = translator("vi")
    with pytest.raises(FaultyUnitsError) as faulty:
        await read_apart("mã đơn vị;mã đơn vị;tên\nA;B;C\n".encode(), "")
    with pytest.raises(FaultyUnitsError) as here:
        read_list("mã đơn vị;mã đơn vị;tên\nA;B;C\n".encode())
    assert [one.say(t) for one in faulty.value.faults] == [one.say(t) for one in here.value.faults]
    for data, sheet in ((b"PK\x03\x04" + b"\x00" * 99, ""), (SAMPLE, "\n\x00")):
        with pytest.raises(UnitsFileError) as refused:
            await read_apart(data, sheet)
        assert refused.value.say(t)


def test_a_tree_is_written_as_a_list_that_can_be_read() -> None:
    codes = [row.cells["code"] for row in read_list(write_list(UNITS)).rows]
    assert sorted(codes) == sorted(UNITS.units)
    assert all(codes.index(one.parent) < codes.index(one.code) for one in UNITS.units.values() if one.parent)
    assert write_list(NO_UNITS).count(b"\r\n") == 1
