"""``troly stats``: the numbers on the command line, as text, as JSON and as a picture."""

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.services.opening import open_store
from bot.store.sealing import open_keyring
from handlers.model import COUNTED_FIELDS, Role
from rules.calendar import to_vietnam_day
from tests.support.database import Command, Database
from tests.support.people import grant_role
from tests.support.statistics import (
    UNITS,
    Officer,
    count_open,
    count_statistics,
    make_officers,
    write_people,
    write_units,
)
from tests.support.store import closing_async

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def officers(database: Database) -> list[Officer]:
    """A small province, an admin of one commune and a focal officer of another."""

    async def roles() -> None:
        opened = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
        async with closing_async(opened) as store:
            write_units(database)
            await grant_role(store, "1", Role.ADMIN, "DN.NT")
            await grant_role(store, "2", Role.FOCAL, "DN.DP")

    asyncio.run(roles())
    made = make_officers(60, NOW)
    write_people(database, made)
    return made


def below(officers: list[Officer], top: str) -> list[Officer]:
    return [one for one in officers if one.unit and UNITS.is_within(one.unit, top)]


def test_the_json_has_every_count_of_every_unit_below(troly: Command, officers: list[Officer]) -> None:
    code, out, _ = troly("stats", "--unit", "DN", "--json")

    assert code == 0
    told = json.loads(out)
    assert (told["total"]["unit"], told["total"]["name"], told["burn_down"]) == ("DN", "Tỉnh Đồng Nai", None)
    expected = count_statistics(below(officers, "DN"), "DN", NOW)
    assert {name: told["total"][name] for name in COUNTED_FIELDS} == {
        name: getattr(expected, name) for name in COUNTED_FIELDS
    }
    assert {one["unit"] for one in told["units"]} == {"DN.NT", "DN.DP", "DN.PA", "DN"}
    assert datetime.fromisoformat(told["as_of"]).utcoffset() is not None


def test_in_a_pipe_the_numbers_are_plain_columns_that_end_in_the_total(troly: Command, officers: list[Officer]) -> None:
    code, out, _ = troly("stats")

    assert code == 0
    heading, *_, last = out.splitlines()
    total = count_statistics(officers, None, NOW)
    assert heading.split()[:3] == ["Unit", "officers", "certificates"]
    assert last.split() == ["Total", *(f"{getattr(total, name):,}" for name in COUNTED_FIELDS)]
    assert "unit not known" in out
    assert "\x1b" not in out


def test_on_a_terminal_the_numbers_are_a_table(
    troly: Command, officers: list[Officer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "160")
    code, out, _ = troly("stats", "--unit", "DN", "--lang", "vi")

    assert code == 0
    assert "Thống kê: Tỉnh Đồng Nai" in out
    assert "Xã Nhơn Trạch" in out


@pytest.mark.parametrize("width", ["80", "160"])
def test_no_word_is_broken_however_narrow_the_terminal(
    troly: Command, officers: list[Officer], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", width)
    out = re.sub("\x1b\\[[0-9;]*m", "", troly("stats", "--unit", "DN", "--lang", "vi")[1])

    assert max(map(len, out.splitlines())) <= int(width)
    assert "Xã Nhơn Trạch" in out
    assert "Cần xử lý: số chứng thư; các cột khác: số yêu cầu." in out
    if width == "80":
        assert "hết hạn ≤ 30 ngày" in out
        assert "chưa phản hồi từ 14 ngày" in out


def test_a_target_shows_what_was_open_each_day(troly: Command, officers: list[Officer]) -> None:
    today = to_vietnam_day(NOW)
    code, out, _ = troly("stats", "--json", "--until", today.isoformat())

    burnt = json.loads(out)["burn_down"]
    assert code == 0
    assert (burnt["until"], burnt["a_day"], len(burnt["open"])) == (today.isoformat(), None, 31)
    assert burnt["open"][-1] == count_open(officers, today)
    assert "Open at the end of each day since" in troly("stats", "--until", today.isoformat())[1]


@pytest.mark.parametrize("more", [(), ("--until", to_vietnam_day(NOW).isoformat())])
def test_a_picture_lands_whole_under_its_name_for_its_owner_alone(
    troly: Command, officers: list[Officer], tmp_path: Path, more: tuple[str, ...]
) -> None:
    out = tmp_path / "folder" / "hình.png"
    out.parent.mkdir()
    code, told, said = troly("stats", "--png", str(out), *more)
    assert (code, told) == (0, "")
    assert f"The chart is written to {out}." in said
    assert out.read_bytes().startswith(b"\x89PNG")
    assert out.stat().st_mode & 0o077 == 0
    assert [path.name for path in out.parent.iterdir()] == ["hình.png"]


def test_a_picture_that_is_there_is_replaced_by_force_only(
    troly: Command, officers: list[Officer], tmp_path: Path
) -> None:
    out = tmp_path / "hình.png"
    out.write_text("mine")

    code, _, said = troly("stats", "--png", str(out))
    assert (code, out.read_text()) == (1, "mine")
    assert "--force" in said

    assert troly("stats", "--png", str(out), "--force")[0] == 0
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_picture_makes_no_folder(troly: Command, officers: list[Officer], tmp_path: Path) -> None:
    code, _, said = troly("stats", "--png", str(tmp_path / "no" / "hình.png"))

    assert code == 1
    assert "there is no folder" in said.replace("\n", " ")
    assert not (tmp_path / "no").exists()


def test_a_picture_that_cannot_be_written_leaves_nothing_half_done(
    troly: Command, officers: list[Officer], tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    code, _, err = troly("stats", "--png", str(folder))
    assert code == 1
    assert "cannot be written" in err
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".folder")] == []


def test_a_role_sees_its_own_units_and_no_others(troly: Command, officers: list[Officer]) -> None:
    own = json.loads(troly("stats", "--json", "--as", "telegram:1")[1])
    assert own["total"]["unit"] == "DN.NT"
    assert own["total"]["officers"] == count_statistics(below(officers, "DN.NT"), "DN.NT", NOW).officers
    for unit in ("DN", "DN.DP", "TN", "xa dai phuoc"):
        assert troly("stats", "--json", "--unit", unit, "--as", "telegram:1")[:2] == (3, "")
    assert json.loads(troly("stats", "--json", "--as", "telegram:2")[1])["total"]["unit"] == "DN.DP"
    assert troly("stats", "--as", "telegram:3")[0] == 3


def test_a_target_is_written_as_every_other_day(troly: Command, officers: list[Officer]) -> None:
    today = to_vietnam_day(NOW)
    code, out, _ = troly("stats", "--json", "--until", f"{today:%d/%m/%Y}")
    assert (code, json.loads(out)["burn_down"]["until"]) == (0, today.isoformat())


@pytest.mark.parametrize("wrong", [("--unit", "nowhere"), ("--until", "tomorrow"), ("--until", "9999-12-31")])
def test_what_cannot_be_meant_is_named(troly: Command, officers: list[Officer], wrong: tuple[str, str]) -> None:
    code, out, err = troly("stats", *wrong)
    assert (code, out) == (2, "")
    assert wrong[0] in err
