"""The officer's unit: asked once, found by any name, filled into the interview and into the request."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from handlers.memory import MemoryRequests, memory_world
from handlers.office.units import NO_UNITS, Became, Succession, Unit, UnitDirectory
from handlers.requests.model import Content
from locales import translator
from tests.support.certificates import PERSON, certificate
from tests.support.dialogue import NOW, Dialogue, pack
from tests.support.units import nhon_trach

t = translator("vi")
ASKED = t("<b>What is your body or unit called?</b>")
#: To the unit, as an organisation, a person, a device.
BODY, OFFICER, DEVICE = ("/start", "1", "1"), ("/start", "1", "2"), ("/start", "1", "3")
DAY = date(2025, 7, 1)


def dialogue(units: UnitDirectory) -> Dialogue:
    return Dialogue(world=memory_world(pack(), NOW, units=units))


@pytest.fixture
def talk() -> Dialogue:
    return dialogue(nhon_trach())


def unit(talk: Dialogue) -> str | None:
    return talk.session.unit if talk.session else None


def screen(talk: Dialogue) -> str:
    return talk.session.screen if talk.session else ""


def kept(talk: Dialogue) -> Content:
    assert isinstance(talk.world.requests, MemoryRequests)
    (request,) = talk.world.requests.kept.values()
    return request.content


async def test_the_unit_is_asked_for_once_it_is_known_whose_certificate_it_is(talk: Dialogue) -> None:
    assert ASKED in await talk.says(*BODY)
    await talk.says("bo qua")
    assert screen(talk) == "question"
    assert ASKED not in await talk.says("3", "31/12/2028", "1", "/lamlai", "2")


async def test_where_no_unit_is_known_nothing_is_asked() -> None:
    talk = dialogue(NO_UNITS)
    assert ASKED not in await talk.says(*BODY)
    assert t("your unit") not in await talk.says("/xemlai")


async def test_a_certificate_that_says_whose_it_is_leads_to_the_unit_too(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    await talk.sends(certificate("Nguyễn Thị Lan", **PERSON))
    assert ASKED in await talk.says("1")


@pytest.mark.parametrize("typed", ["xã Nhơn Trạch", "ubnd xa nhon trach", "UỶ BAN NHÂN DÂN XÃ NHƠN TRẠCH"])
async def test_the_full_name_of_one_unit_is_taken_at_once_and_said(talk: Dialogue, typed: str) -> None:
    await talk.says(*BODY)
    text = await talk.says(typed)
    assert t("Noted, your unit: <b>{unit}</b>.", unit="xã Nhơn Trạch – tỉnh Đồng Nai") in text
    assert (unit(talk), screen(talk)) == ("DN-NT", "question")
    assert "events" not in talk.answers


async def test_a_name_that_several_units_may_have_becomes_buttons(talk: Dialogue) -> None:
    await talk.says(*BODY, "dai phuoc")
    assert talk.labels[:2] == [
        "xã Đại Phước – tỉnh Đồng Nai",
        t("{former} (formerly) → {unit}", former="xã Đại Phước", unit="xã Đại Phước – tỉnh Đồng Nai"),
    ]
    await talk.says("1")
    assert unit(talk) == "DN-DP"
    assert "events" not in talk.answers


async def test_a_former_name_is_confirmed_with_its_day_and_document(talk: Dialogue) -> None:
    await talk.says(*BODY)
    text = await talk.says("xa phu hoi")
    assert "xã Nhơn Trạch – tỉnh Đồng Nai" in text
    assert "01/7/2025" in text
    assert "Nghị quyết 1662/NQ-UBTVQH15" in text
    assert unit(talk) is None


@pytest.mark.parametrize(
    ("way", "events"),
    [(BODY, ["merged_into_new"]), (OFFICER, ["unit_reorganised"]), (DEVICE, None)],
)
async def test_what_became_of_a_former_unit_answers_what_happened(
    talk: Dialogue, way: tuple[str, ...], events: list[str] | None
) -> None:
    await talk.says(*way, "xa phu hoi")
    text = await talk.says("dung")
    assert unit(talk) == "DN-NT"
    assert talk.answers.get("events") == events
    assert ("/xemlai" in text) is (events is not None)
    assert "merger_role" not in talk.answers


@pytest.mark.parametrize(
    ("became", "event"),
    [
        (Became.MERGED_INTO_EXISTING, "merged_into_existing"),
        (Became.RENAMED, "renamed"),
        (Became.SPLIT, "split"),
    ],
)
async def test_each_way_a_unit_ends_has_its_answer(became: Became, event: str) -> None:
    units = UnitDirectory.of(
        (Unit("A", "Sở A", closed_on=DAY), Unit("B", "Sở B")), [Succession("A", "B", became, DAY, "9/QĐ-X")]
    )
    talk = dialogue(units)
    assert "9/QĐ-X" in await talk.says(*BODY, "so a")
    await talk.says("dung")
    assert talk.answers["events"] == [event]


async def test_what_happened_stays_as_the_officer_answered_it(talk: Dialogue) -> None:
    await talk.says(*BODY, "bo qua", "3", "/xemlai", "don vi", "xa phu hoi", "dung")
    assert unit(talk) == "DN-NT"
    assert talk.answers["events"] == ["superior_changed"]


async def test_what_was_filled_in_is_taken_back_and_changed_like_any_answer(talk: Dialogue) -> None:
    await talk.says(*BODY, "xa phu hoi", "dung", "/quaylai")
    assert "events" not in talk.answers
    assert screen(talk) == "question"
    await talk.says("3")
    assert talk.answers["events"] == ["superior_changed"]


async def test_a_no_to_the_unit_of_today_asks_again_and_fills_in_nothing(talk: Dialogue) -> None:
    await talk.says(*BODY, "xa phu hoi", "khong")
    assert (screen(talk), unit(talk)) == ("unit", None)
    assert "events" not in talk.answers


async def test_a_unit_that_was_split_asks_which_part_it_is() -> None:
    units = UnitDirectory.of(
        (Unit("S", "Sở cũ", closed_on=DAY), Unit("S1", "Sở một"), Unit("S2", "Sở hai")),
        [Succession("S", code, Became.SPLIT, DAY, "1/QĐ-X") for code in ("S1", "S2")],
    )
    talk = dialogue(units)
    await talk.says(*BODY, "so cu")
    assert talk.labels[:2] == ["Sở một", "Sở hai"]
    await talk.taps("Sở hai")
    assert (unit(talk), talk.answers["events"]) == ("S2", ["split"])


async def test_an_ended_unit_without_a_successor_is_said_to_have_ended(talk: Dialogue) -> None:
    await talk.says(*BODY)
    text = await talk.says("UBND huyện Nhơn Trạch")
    assert "01/7/2025" in text
    assert (screen(talk), unit(talk)) == ("unit", None)


async def test_a_name_nobody_has_asks_again(talk: Dialogue) -> None:
    await talk.says(*BODY)
    assert t("I know no unit of that name. Try its bare name, such as “Phước An”, or skip this question.") in (
        await talk.says("Cục Hàng không vũ trụ")
    )
    assert screen(talk) == "unit"


@pytest.mark.parametrize("typed", ["\u202e\u200b", "=HYPERLINK(1)", "<b>xã</b>", "x" * 4000, "\x00", "phước " * 600])
async def test_hostile_text_is_no_unit_and_does_no_harm(talk: Dialogue, typed: str) -> None:
    await talk.says(*BODY, typed)
    assert (screen(talk), unit(talk)) == ("unit", None)


async def test_a_step_back_from_the_unit_asks_whose_certificate_it_is(talk: Dialogue) -> None:
    await talk.says(*BODY, "/quaylai")
    assert (screen(talk), talk.answers) == ("question", {})


@pytest.mark.parametrize("said", ["bo qua", "xa nhon trach"])
async def test_a_step_back_after_the_unit_asks_for_it_again(talk: Dialogue, said: str) -> None:
    await talk.says(*BODY, said, "/quaylai")
    assert (screen(talk), unit(talk)) == ("unit", None)


async def test_a_unit_that_is_no_longer_in_the_list_is_not_taken(talk: Dialogue) -> None:
    await talk.says(*BODY, "dai phuoc")
    talk.world = replace(talk.world, units=UnitDirectory.of((Unit("X", "Sở X"),)))
    await talk.taps("tỉnh Đồng Nai")
    assert unit(talk) is None


@pytest.mark.parametrize("detour", [("xa phu hoi",), ("dai phuoc", "2")])
async def test_a_former_unit_named_beside_another_question_is_offered(talk: Dialogue, detour: tuple[str, ...]) -> None:
    await talk.says(*BODY, "bo qua", *detour[:1])
    if len(detour) > 1:
        assert screen(talk) == "question"  # part of a name only
        return
    assert screen(talk) == "former_unit"
    await talk.says("dung")
    assert (unit(talk), talk.answers["events"]) == ("DN-NT", ["merged_into_new"])
    assert screen(talk) == "question"


async def test_a_no_leads_back_to_the_question_with_its_ticks(talk: Dialogue) -> None:
    await talk.says(*BODY, "bo qua")
    await talk.taps(t("The superior body changed"))
    await talk.says("xa phu hoi", "khong")
    await talk.taps(t("None of these; go back"))
    assert talk.session
    assert (talk.session.screen, talk.session.ticked) == ("question", ("superior_changed",))


async def test_what_is_being_ticked_is_not_overwritten(talk: Dialogue) -> None:
    await talk.says(*BODY, "bo qua")
    await talk.taps(t("The superior body changed"))
    await talk.says("xa phu hoi", "dung")
    assert talk.session
    assert (talk.session.unit, talk.session.ticked) == ("DN-NT", ("superior_changed",))
    assert "events" not in talk.answers


async def test_a_name_with_a_slip_is_not_offered_beside_another_question(talk: Dialogue) -> None:
    await talk.says(*BODY, "bo qua", "xa phu hoii")
    assert screen(talk) == "question"


async def test_a_text_that_means_an_option_is_no_unit() -> None:
    label = t("The superior body changed")
    talk = dialogue(UnitDirectory.of((Unit("X", label),)))
    await talk.says(*BODY, "bo qua", label)
    assert (unit(talk), talk.answers["events"]) == (None, ["superior_changed"])


async def test_another_unit_is_not_taken_in_passing(talk: Dialogue) -> None:
    await talk.says(*BODY, "xa nhon trach", "ubnd tinh dong nai")
    assert (screen(talk), unit(talk)) == ("unit", "DN-NT")
    await talk.taps(t("Leave it as it is"))
    assert (screen(talk), unit(talk)) == ("question", "DN-NT")


async def test_a_unit_told_before_it_is_known_whose_certificate_it_is_is_asked_for_afterwards(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    assert t("That is a unit; I will ask for it right after this question.") in await talk.says("xã Nhơn Trạch")
    assert unit(talk) is None


async def test_the_review_shows_the_unit_and_changes_it(talk: Dialogue) -> None:
    await talk.says(*BODY, "xa nhon trach")
    assert "xã Nhơn Trạch – tỉnh Đồng Nai" in await talk.says("/xemlai")
    await talk.taps(t("Change: {fact}", fact=t("your unit")))
    text = await talk.says("tinh dong nai")
    assert (screen(talk), unit(talk)) == ("review", "DN")
    assert "<b>tỉnh Đồng Nai</b>" in text


async def test_a_unit_can_be_taken_out_again(talk: Dialogue) -> None:
    await talk.says(*BODY, "xa nhon trach", "/xemlai", "don vi")
    await talk.taps(t("Take my unit out"))
    assert unit(talk) is None
    assert t("not said") in talk.text


async def to_managing_body(talk: Dialogue, said: str = "bo qua") -> None:
    """Through the answer to the field for the managing body."""
    await talk.says("/start", "1")
    await talk.sends(certificate())
    await talk.says("1", said, "3", "1", "2", "dang ky", "1")


async def send(talk: Dialogue) -> Content:
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
    talk = dialogue(units)
    await to_managing_body(talk)
    await talk.says("xã Phước An")
    assert talk.labels[:2] == ["xã Phước An – tỉnh A", "xã Phước An – tỉnh B"]
    assert talk.session
    talk.session = talk.session.having(unit="B1")
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
    await talk.taps(t("Send the request"))
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


def _names() -> Iterator[str]:
    yield from (name for one in nhon_trach().units.values() for name in one.names)


@pytest.mark.parametrize("name", sorted(set(_names())))
async def test_every_name_of_the_sample_leads_somewhere(talk: Dialogue, name: str) -> None:
    await talk.says(*BODY)
    text = await talk.says(name)
    assert t("I know no unit of that name. Try its bare name, such as “Phước An”, or skip this question.") not in text
