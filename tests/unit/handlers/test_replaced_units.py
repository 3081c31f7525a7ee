"""A unit that ends while its officer is in the middle of a conversation."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from handlers.model import RequestContent, Succession, SuccessionKind, Unit, UnitDirectory
from handlers.testing import MemoryOwnRequests
from locales import translator
from tests.support.dialogue import NOW, Dialogue, get_screen, get_unit, make_certificate, open_dialogue

t = translator("vi")
TODAY = NOW.date()
OPEN = (Unit("A", "xã A", aliases=("UBND xã A",)), Unit("B", "xã B", aliases=("UBND xã B",)), Unit("C", "xã C"))
#: To the question after the unit, as an organisation.
BODY = ("/start", "1", "1", "xã A")


@pytest.fixture
def talk() -> Dialogue:
    return open_dialogue(UnitDirectory.of(OPEN))


def ends(talk: Dialogue, *became: str, on: date = TODAY) -> None:
    """xã A ends while nobody looks."""
    how = SuccessionKind.MERGED_INTO_NEW if len(became) == 1 else SuccessionKind.SPLIT
    steps = (Succession("A", code, how, on, "7/NQ-X") for code in became)
    units = UnitDirectory.of((replace(OPEN[0], closed_on=on), *OPEN[1:]), steps)
    talk.world = replace(talk.world, units=units)


def kept(talk: Dialogue) -> list[RequestContent]:
    assert isinstance(talk.world.requests, MemoryOwnRequests)
    return [request.content for request in talk.world.requests.kept.values()]


async def to_review(talk: Dialogue) -> None:
    """Through the draft of a request of xã A, to where it is sent."""
    await talk.says("/start", "1")
    await talk.sends(make_certificate())
    await talk.says("1", "xã A", "3", "1", "1", "dang ky", "1", "1", "1", "UBND tỉnh Đồng Nai")
    assert get_screen(talk) == "confirm"


async def test_the_one_unit_that_took_its_place_is_taken_and_said_with_its_document(talk: Dialogue) -> None:
    await talk.says(*BODY)
    ends(talk, "B")
    text = await talk.says("3")
    assert get_unit(talk) == "B"
    assert t("{former} has ended; I go on with <b>{unit}</b>. If that is wrong, send /xemlai to change it.",
             former="xã A", unit="xã B") in text  # fmt: skip
    assert "7/NQ-X" in text
    assert talk.answers["events"] == ["superior_changed"]
    assert "7/NQ-X" not in await talk.says("1")


async def test_the_register_learns_of_it_in_the_same_turn(talk: Dialogue) -> None:
    await talk.says(*BODY)
    ends(talk, "B")
    await talk.says("gì cơ")
    assert isinstance(talk.world.requests, MemoryOwnRequests)
    assert [known.status.unit for known in talk.world.requests.acting.tables.statuses.values()] == ["B"]


async def test_buttons_that_are_shown_go_on_working(talk: Dialogue) -> None:
    await talk.says(*BODY)
    ends(talk, "B")
    await talk.taps(talk.labels[2])
    await talk.taps(t("Done"))
    assert talk.answers["events"]


async def test_of_several_one_is_chosen_and_the_answer_that_was_given_stands(talk: Dialogue) -> None:
    await talk.says(*BODY)
    ends(talk, "B", "C")
    text = await talk.says("3")
    assert (get_screen(talk), get_unit(talk)) == ("former_unit", None)
    assert talk.answers["events"] == ["superior_changed"]
    assert talk.labels[:2] == ["xã B", "xã C"]
    assert "7/NQ-X" in text
    await talk.taps("xã C")
    assert (get_screen(talk), get_unit(talk)) == ("condition", "C")
    assert talk.answers["events"] == ["superior_changed"]


async def test_where_nothing_took_its_place_the_unit_is_asked_for_again(talk: Dialogue) -> None:
    await talk.says(*BODY)
    ends(talk)
    text = await talk.says("3")
    assert (get_screen(talk), get_unit(talk)) == ("unit", None)
    assert f"{TODAY:%d}/{TODAY:%m}/{TODAY:%Y}" in text
    await talk.says("xa b")
    assert (get_screen(talk), get_unit(talk)) == ("condition", "B")


async def test_until_its_day_nothing_is_said(talk: Dialogue) -> None:
    await talk.says(*BODY)
    ends(talk, "B", on=TODAY + timedelta(days=1))
    assert "7/NQ-X" not in await talk.says("3")
    assert get_unit(talk) == "A"


async def test_a_short_visit_is_not_interrupted_by_the_question(talk: Dialogue) -> None:
    await talk.says(*BODY)
    ends(talk, "B", "C")
    await talk.says("/xoadulieu")
    assert get_screen(talk) == "erase"
    await talk.taps(talk.labels[-1])
    assert get_screen(talk) == "former_unit"


async def test_whoever_has_their_data_deleted_is_asked_nothing(talk: Dialogue) -> None:
    await talk.says(*BODY)
    ends(talk, "B", "C")
    await talk.says("/xoadulieu", "1")
    assert talk.session is None


async def test_a_request_goes_to_the_unit_that_took_the_place_of_its_managing_body(talk: Dialogue) -> None:
    await to_review(talk)
    ends(talk, "B")
    text = await talk.taps(t("Send the request"))
    assert {(content.unit, content.unit_code) for content in kept(talk)} == {("UBND xã B", "B")}
    assert text.count("7/NQ-X") == 1


async def test_a_request_whose_managing_body_became_several_is_not_sent_before_one_is_chosen(talk: Dialogue) -> None:
    await to_review(talk)
    assert talk.session
    talk.session = talk.session.with_changes(unit=None, unit_skipped=True)
    ends(talk, "B", "C")
    text = await talk.taps(t("Send the request"))
    assert kept(talk) == []
    assert t("{unit} has ended in the meantime; nothing was sent yet.", unit="UBND xã A") in text
    assert talk.labels[:2] == ["xã B", "xã C"]
    await talk.taps("xã C")
    await talk.taps(t("Send the request"))
    assert {(content.unit, content.unit_code) for content in kept(talk)} == {("xã C", "C")}


async def test_a_request_whose_managing_body_is_no_more_is_not_sent_before_another_is_named(talk: Dialogue) -> None:
    await to_review(talk)
    assert talk.session
    talk.session = talk.session.with_changes(unit=None, unit_skipped=True)
    ends(talk)
    await talk.taps(t("Send the request"))
    assert kept(talk) == []
    await talk.says("ubnd xa b")
    await talk.taps(t("Send the request"))
    assert {content.unit_code for content in kept(talk)} == {"B"}


async def test_a_request_amended_after_the_merger_goes_to_the_unit_of_today(talk: Dialogue) -> None:
    await to_review(talk)
    await talk.taps(t("Send the request"))
    ends(talk, "B")
    await talk.says("/yeucau YC-2026-000001")
    await talk.taps(t("Change this request"), t("Change: {fact}", fact=t("Subscriber")))
    await talk.says("UBND xã khác hẳn")
    await talk.taps(t("Save the change"))
    assert kept(talk)[0].unit_code == "B"
