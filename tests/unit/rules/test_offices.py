"""The receiving offices: which one receives what, from whom, and how far that is sure."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.rules import offices_app as app
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import load_settings
from handlers.citations import filing_notice
from handlers.model import NO_UNITS, OfficeDraft, Rights
from locales import translator
from rules.deciding import decide
from rules.errors import PackInvalid, PackUnreadable
from rules.loading import load_pack, pack_names
from rules.offices import (
    CHECK_AGAIN_AFTER,
    Office,
    OfficeDirectory,
    OfficeStatus,
    filing_places,
    find_office,
    merge_offices,
)
from rules.outcome import Decided, Procedure
from rules.parsing import parse_facts

PACK = load_pack()
TODAY = date(2026, 11, 29)
SOUND = {
    "token": "in_hand",
    "key_exposed": False,
    "certificate": {"not_before": "2024-09-01", "not_after": "2028-09-01", "issuer": "government"},
}
EN = translator("en")
DIRECTORY = OfficeDirectory.of(PACK.offices)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the command away from the data of whoever runs the tests."""
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path / "data"))
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def office(id_: str, *procedures: str, units: tuple[str, ...] = (), **more: Any) -> Office:
    facts = {"name": id_, "status": "confirmed", "source": "asked", "last_checked": TODAY} | more
    return Office.model_validate(facts | {"id": id_, "procedures": procedures, "units": units})


def decided(**facts: Any) -> Decided:
    outcome = decide(PACK, parse_facts(SOUND | facts), TODAY)
    assert isinstance(outcome, Decided)
    return outcome


def test_an_office_receives_what_it_names_or_everything() -> None:
    offices = [office("all"), office("change", "change_information")]
    assert find_office(offices, Procedure.CHANGE_INFORMATION) == offices[1]
    assert find_office(offices, Procedure.REVOKE) == offices[0]
    assert find_office([offices[1]], Procedure.REVOKE) is None


def test_the_office_of_the_nearest_unit_prevails() -> None:
    commune, province = office("commune", units=("DN-PA",)), office("province", units=("DN",))
    anywhere = office("anywhere")
    for offices in ([commune, province, anywhere], [anywhere, province, commune]):
        assert find_office(offices, Procedure.EXTEND, ("DN-PA-1", "DN-PA", "DN")) == commune
        assert find_office(offices, Procedure.EXTEND, ("DN-NT", "DN")) == province
        assert find_office(offices, Procedure.EXTEND, ("HN",)) == anywhere
        assert find_office(offices, Procedure.EXTEND) == anywhere


def test_a_later_office_prevails_over_an_earlier_one_and_one_of_the_same_id_takes_its_place() -> None:
    below, above = [office("a"), office("b")], [office("a", telephone="1")]
    merged = merge_offices(below, above)
    assert [(one.id, one.telephone) for one in merged] == [("b", None), ("a", "1")]
    assert find_office(merged, Procedure.REVOKE) == above[0]


@pytest.mark.parametrize(("days", "due"), [(CHECK_AGAIN_AFTER.days, False), (CHECK_AGAIN_AFTER.days + 1, True)])
def test_a_confirmed_office_is_to_be_checked_again_after_half_a_year(days: int, due: bool) -> None:
    checked = date.fromordinal(TODAY.toordinal() - days)
    assert office("a", last_checked=checked).is_due(TODAY) is due
    assert office("a", last_checked=TODAY, status="assumed").is_due(TODAY)


def test_one_form_goes_to_one_office() -> None:
    near = SOUND["certificate"] | {"not_after": "2026-12-31"}  # type: ignore[operator]
    answer = decided(subject="organisation", events=["superior_changed"], certificate=near)
    (place,) = filing_places(DIRECTORY, answer.actions)
    assert [action.procedure for action in place.actions] == ["change_information", "extend"]
    assert place.office is not None
    assert place.office.id == "dong-nai-change"


def test_dong_nai_ships_as_assumed_and_an_answer_says_so() -> None:
    answer = decided(subject="organisation", events=["superior_changed"])
    told = filing_notice(PACK, answer, EN).text
    assert "most likely Sở Khoa học và Công nghệ tỉnh Đồng Nai; this is not confirmed" in told
    assert "ask your managing body" in told
    (cited,) = filing_notice(PACK, answer, EN).citations
    assert (cited.document, cited.level) == ("Hướng dẫn chính quyền 2 cấp", "inferred")


def test_a_procedure_without_a_known_office_is_asked_about() -> None:
    locked = decided(subject="individual", events=[], information_matches=True, token="locked")
    assert filing_places(DIRECTORY, locked.actions)[0].office is None
    assert "is not set here" in filing_notice(PACK, locked, EN).text
    assert not filing_places(DIRECTORY, decided(subject="individual", events=[], information_matches=True).actions)


def test_a_known_office_is_told_with_all_that_is_known_of_it() -> None:
    answer = decided(subject="individual", events=["email_changed"])
    own = office("own", "change_information", address="1 Nguyễn Huệ", telephone="1", email="a@b.gov.vn", hours="7-16")
    pack = load_pack_with(own)
    told = filing_notice(pack, answer, translator("vi")).text
    assert "own (địa chỉ: 1 Nguyễn Huệ; điện thoại: 1; thư điện tử: a@b.gov.vn; giờ làm việc: 7-16)." in told
    assert "nhiều khả năng" not in told


def load_pack_with(own: Office) -> Any:
    from dataclasses import replace  # noqa: PLC0415

    return replace(PACK, offices=merge_offices(PACK.offices, [own]))


def test_the_operator_s_one_line_prevails_over_every_list() -> None:
    answer = decided(subject="organisation", events=["superior_changed"])
    told = filing_notice(PACK, answer, EN, offices=OfficeDirectory.of(PACK.offices, "Sở {X}")).text
    assert told.startswith("Where to file: Sở {X}. ")


@pytest.mark.parametrize("name", pack_names())
def test_every_office_that_comes_along_names_its_source(name: str) -> None:
    for one in load_pack(name).offices:
        assert one.source
        assert one.procedures
        assert one.citations


# ------------------------------------------------------------------ the operator's file and the command line

OWN = """
[[offices]]
id = "dong-nai-change"
name = "Sở Khoa học và Công nghệ tỉnh Đồng Nai"
telephone = "0251.0000000"
procedures = ["change_information"]
status = "confirmed"
source = "asked on the telephone"
last_checked = 2026-11-29
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = tmp_path / "offices.toml"
    file.write_text(OWN, "utf-8")
    monkeypatch.setenv("TROLY_OFFICES", str(file))
    load_settings.cache_clear()
    yield file
    load_settings.cache_clear()


def test_the_operator_s_file_prevails_over_the_pack(own: Path) -> None:
    found = {one.id: one for one in load_pack("nhon_trach", own).offices}
    assert found["dong-nai-change"].status is OfficeStatus.CONFIRMED
    assert set(found) == {one.id for one in PACK.offices}


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        ("[[offices]]\nid = 3\n", PackInvalid, "offices.toml: offices 1"),
        (OWN.replace("confirmed", "sure"), PackInvalid, "'sure' is not a value; allowed: confirmed, assumed"),
        (OWN + OWN, PackInvalid, "stands twice"),
        ("[[", PackUnreadable, "is not TOML"),
    ],
)
def test_an_operator_s_file_that_cannot_be_used_says_where(
    content: str, error: type[Exception], said: str, tmp_path: Path
) -> None:
    file = tmp_path / "offices.toml"
    file.write_text(content, "utf-8")
    with pytest.raises(error, match=r"offices\.toml") as caught:
        load_pack("nhon_trach", file)
    assert said in str(caught.value)


def test_the_command_lists_what_is_assumed_or_old_and_exits_with_1() -> None:
    result = CliRunner().invoke(app, ["check", "--lang", "en", "--today", "2026-11-29"])
    assert result.exit_code == 1
    assert "dong-nai-change: Sở Khoa học và Công nghệ tỉnh Đồng Nai" in result.stdout
    assert "provider-issue" not in result.stdout
    later = CliRunner().invoke(app, ["check", "--lang", "en", "--today", "2027-11-29"])
    assert "provider-issue" in later.stdout


@pytest.mark.usefixtures("own")
def test_what_the_operator_has_confirmed_is_no_longer_listed() -> None:
    result = CliRunner().invoke(app, ["check", "--lang", "en", "--today", "2026-11-29"])
    assert "dong-nai-change" not in result.stdout
    listed = CliRunner().invoke(app, ["list", "--lang", "en"])
    assert "telephone: 0251.0000000" in listed.stdout


@pytest.mark.usefixtures("own")
def test_the_command_exits_with_0_where_everything_is_confirmed(own: Path) -> None:
    revoke = OWN.replace("dong-nai-change", "provider-revoke").replace("change_information", "revoke")
    own.write_text(OWN + revoke, "utf-8")
    result = CliRunner().invoke(app, ["check", "--lang", "en", "--today", "2026-11-30"])
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)


def test_the_command_lists_what_admins_have_set_in_the_chat() -> None:
    draft = OfficeDraft(name="Một cửa xã", source="hỏi", procedures=(Procedure.REVOKE,), last_checked=TODAY)
    asyncio.run(_set_office(draft))
    result = CliRunner().invoke(app, ["check", "--lang", "en", "--today", "2026-11-29"])
    assert "NT-000001: Một cửa xã" in result.stdout


async def _set_office(draft: OfficeDraft) -> None:
    async with (
        open_store_from_settings(load_settings()) as opened,
        open_admin_transaction(opened.store, datetime.now(UTC)) as at,
    ):
        await at.admin.offices.add(Rights.operator(NO_UNITS), None, draft)
        await at.commit()
