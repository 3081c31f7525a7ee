"""Where an answer says to file: the office for the officer's unit or for one above it."""

from dataclasses import replace

import pytest

from rules.offices import Office, OfficeStatus, merge_offices
from tests.support.dialogue import NOW, pack
from tests.support.units import dialogue, nhon_trach


def office(code: str) -> Office:
    return Office(
        id=code,
        name=f"Bộ phận một cửa {code}",
        telephone="0251.111",
        units=(code,),
        status=OfficeStatus.CONFIRMED,
        source="asked",
        last_checked=NOW.date(),
    )


@pytest.mark.parametrize(
    ("codes", "unit", "told", "other"),
    [
        (("DN", "DN-NT"), "xa nhon trach", "một cửa DN-NT, điện thoại 0251.111", "một cửa DN,"),
        (("DN", "DN-PA"), "xa nhon trach", "một cửa DN, điện thoại 0251.111", "một cửa DN-PA,"),
        (("DN", "DN-NT"), "bo qua", "Sở Khoa học và Công nghệ tỉnh Đồng Nai", "một cửa"),
    ],
)
async def test_the_office_of_the_officer_s_unit_or_of_one_above_it_is_named(
    codes: tuple[str, ...], unit: str, told: str, other: str
) -> None:
    talk = dialogue(nhon_trach())
    own = replace(pack(), offices=merge_offices(pack().offices, map(office, codes)))
    talk.world = replace(talk.world, pack=own)
    text = await talk.says("/start", "1", "1", unit, "3", "31/12/2028", "1")
    assert told in text
    assert other not in text
