"""The managing body of a request: named as the tree of units names it today, with its code."""

from dataclasses import replace
from datetime import date

import pytest

from handlers.model import RequestContent, Unit, UnitDirectory
from handlers.testing import MemoryOwnRequests
from locales import translator
from tests.support.dialogue import PERSON, Dialogue, make_certificate, nhon_trach, open_dialogue

t = translator("vi")
DAY = date(2025, 7, 1)


@pytest.fixture
def talk() -> Dialogue:
    return open_dialogue(nhon_trach())


def kept(talk: Dialogue) -> RequestContent:
    assert isinstance(talk.world.requests, MemoryOwnRequests)
    (request,) = talk.world.requests.kept.values()
    return request.content


async def to_managing_body(talk: Dialogue, said: str = "bo qua") -> None:
    """Through the answer to the field for the managing body."""
    await talk.says("/start", "1")
    await talk.sends(make_certificate())
    await talk.says("1", said, "3", "1", "1", "dang ky", "1")


async def send(talk: Dialogue) -> RequestContent:
    await talk.says("1", "UBND tỉnh Đồng Nai")
    await talk.taps(t("Send the request"))
    return kept(talk)


async def test_the_officers_unit_is_the_first_suggestion_for_the_managing_body(talk: Dialogue) -> None:
    await to_managing_body(talk, "xa nhon trach")
    assert talk.labels[0] == "UBND xã Nhơn Trạch"
    await talk.says("1")
    content = await send(talk)
    assert (content.unit, content.unit_code) == ("UBND xã Nhơn Trạch", "DN-NT")


async def test_a_unit_that_ended_meanwhile_is_not_suggested(talk: Dialogue) -> None:
    await to_managing_body(talk, "xa nhon trach")
    ended = replace(nhon_trach().units["DN-NT"], closed_on=DAY)
    talk.world = replace(talk.world, units=UnitDirectory.of((*nhon_trach().units.values(), ended)))
    await talk.says("/huy", "tiep tuc")
    assert "UBND xã Nhơn Trạch" not in talk.labels


async def test_the_name_of_one_unit_of_today_is_kept_in_its_own_spelling_with_its_code(talk: Dialogue) -> None:
    await to_managing_body(talk)
    await talk.says("ubnd xa nhon trach")
    content = await send(talk)
    assert (content.unit, content.unit_code) == ("UBND xã Nhơn Trạch", "DN-NT")


async def test_a_former_managing_body_is_offered_as_the_unit_of_today(talk: Dialogue) -> None:
    await to_managing_body(talk)
    await talk.says("UBND xã Phú Hội")
    await talk.taps("xã Nhơn Trạch")
    content = await send(talk)
    assert (content.unit, content.unit_code) == ("UBND xã Nhơn Trạch", "DN-NT")


async def test_a_former_managing_body_can_be_kept_as_it_was_typed(talk: Dialogue) -> None:
    await to_managing_body(talk)
    await talk.says("UBND xã Phú Hội")
    await talk.taps(t("Keep what I wrote"))
    content = await send(talk)
    assert (content.unit, content.unit_code) == ("UBND xã Phú Hội", None)


async def test_a_managing_body_that_is_no_known_unit_stays_as_typed_without_a_code(talk: Dialogue) -> None:
    await to_managing_body(talk, "xa nhon trach")
    await talk.says("Cục Hàng không vũ trụ")
    await talk.taps(t("Keep what I wrote"))
    content = await send(talk)
    assert (content.unit, content.unit_code) == ("Cục Hàng không vũ trụ", None)


async def test_a_name_that_several_units_have_is_asked_about_unless_one_is_the_officers_own() -> None:
    units = UnitDirectory.of(
        (
            Unit("A", "tỉnh A"),
            Unit("B", "tỉnh B"),
            Unit("A1", "xã Phước An", "A"),
            Unit("B1", "xã Phước An", "B"),
        )
    )
    talk = open_dialogue(units)
    await to_managing_body(talk)
    await talk.says("xã Phước An")
    assert talk.labels[:2] == ["xã Phước An – tỉnh A", "xã Phước An – tỉnh B"]
    assert talk.session
    talk.session = talk.session.with_changes(unit="B1")
    await talk.taps(t("Type another name"))
    await talk.says("xã phước an")
    content = await send(talk)
    assert (content.unit, content.unit_code) == ("xã Phước An", "B1")


async def test_changing_and_taking_back_the_managing_body_keeps_its_code_in_step(talk: Dialogue) -> None:
    await to_managing_body(talk)
    await talk.says("xa nhon trach", "/quaylai")
    assert talk.session
    assert talk.session.draft
    assert talk.session.draft.unit_code is None
    await talk.says("xa nhon trach", "1", "UBND tỉnh Đồng Nai")
    await talk.taps(t("Change: {fact}", fact=t("Managing body")))
    await talk.says("Cục Hàng không vũ trụ")
    await talk.taps(t("Keep what I wrote"), t("Send the request"))
    assert (kept(talk).unit, kept(talk).unit_code) == ("Cục Hàng không vũ trụ", None)
    await talk.says("/yeucau YC-2026-000001")
    await talk.taps(t("Change this request"), t("Change: {fact}", fact=t("Managing body")))
    await talk.says("xa phuoc an")
    await talk.taps(t("Save the change"))
    assert (kept(talk).unit, kept(talk).unit_code) == ("UBND xã Phước An", "DN-PA")


async def test_an_amended_request_keeps_its_code_where_another_field_is_changed(talk: Dialogue) -> None:
    await to_managing_body(talk)
    await talk.says("xa nhon trach")
    await send(talk)
    await talk.says("/yeucau YC-2026-000001")
    await talk.taps(t("Change this request"), t("Change: {fact}", fact=t("Subscriber")))
    await talk.says("UBND xã khác hẳn")
    await talk.taps(t("Save the change"))
    assert (kept(talk).unit, kept(talk).unit_code) == ("UBND xã Nhơn Trạch", "DN-NT")


async def offered_above(superior: str) -> list[str]:
    """Return what is offered as the managing body by a certificate that names a superior; an e-mail changed only."""
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1")
    await talk.sends(make_certificate("Nguyễn Thị Lan", **{**PERSON, "superior": superior, "units": ()}))
    await talk.says("1", "bo qua")
    await talk.taps("Đổi thư điện tử công vụ", t("Done"))
    await talk.says("1", "dang ky", "1")
    return talk.labels


@pytest.mark.parametrize(
    ("superior", "today"),
    [
        ("UBND XÃ PHÚ HỮU", "UBND xã Đại Phước"),
        ("UBND xã Phước Thiền", "UBND xã Nhơn Trạch"),
        ("UBND TỈNH ĐỒNG NAI", "UBND tỉnh Đồng Nai"),
        ("UBND XÃ LONG PHƯỚC", "UBND XÃ LONG PHƯỚC"),  # not in the list: as the certificate has it
    ],
)
async def test_a_superior_body_is_offered_by_the_name_it_has_today(superior: str, today: str) -> None:
    labels = await offered_above(superior)
    assert today in labels
    assert superior == today or superior not in labels


@pytest.mark.parametrize("superior", ["UBND HUYỆN NHƠN TRẠCH", "UBND huyện Cẩm Mỹ", "PHÒNG GIÁO DỤC HUYỆN LONG THÀNH"])
async def test_a_superior_body_that_became_several_or_ended_is_asked_for_and_not_offered(superior: str) -> None:
    assert superior not in await offered_above(superior)
