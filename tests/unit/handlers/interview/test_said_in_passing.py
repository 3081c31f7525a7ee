"""Everyday words, impossible days and facts at the question for the unit are read as they are meant."""

import pytest

from handlers.interview.screens.certificate import NO_SUCH_DAY
from handlers.interview.screens.condition import WHEN_IT_ENDED
from handlers.interview.screens.understood import EXPIRED, NOTED_END
from handlers.interview.screens.unit import WHY
from locales import translator
from tests.support.dialogue import Dialogue, get_screen, get_unit, nhon_trach, open_dialogue

t = translator("vi")
BODY = ("/start", "1", "1")
NO_DAY = t(NO_SUCH_DAY, day="31/02/2027")


@pytest.fixture
def talk() -> Dialogue:
    return open_dialogue(nhon_trach())


@pytest.mark.parametrize(
    "said", ["chung thu cua toi het han roi, xa sap nhap thanh xa moi", "token của em bị mất, xã sáp nhập thành xã mới"]
)
async def test_a_possessive_leaves_the_chosen_kind_as_it_is(talk: Dialogue, said: str) -> None:
    await talk.says(*BODY, "bo qua", said, "1")
    assert talk.answers["subject"] == "organisation"
    assert talk.answers["events"] == ["merged_into_new"]


async def test_a_clear_word_for_the_person_still_changes_the_kind_once_confirmed(talk: Dialogue) -> None:
    await talk.says(*BODY, "bo qua", "chứng thư cá nhân của tôi, token bị mất", "1")
    assert (talk.answers["subject"], talk.answers["token"]) == ("individual", "lost")


async def test_an_end_without_a_day_is_said_back(talk: Dialogue) -> None:
    await talk.says(*BODY)
    assert t(EXPIRED) in await talk.says("chung thu cua toi het han roi, xa sap nhap thanh xa moi")
    assert talk.answers["subject"] == "organisation"
    assert t(NOTED_END) in await talk.says("2", "bo qua", "chung thu cua toi het han roi, xa sap nhap thanh xa moi")


@pytest.mark.parametrize("before", [BODY, (*BODY, "bo qua")])
async def test_an_end_that_is_told_alone_and_early_is_not_left_unanswered(
    talk: Dialogue, before: tuple[str, ...]
) -> None:
    assert t(NOTED_END) in await talk.says(*before, "chung thu het han roi")


async def test_a_certificate_of_which_an_end_was_told_never_counts_as_valid_for_want_of_the_day(talk: Dialogue) -> None:
    await talk.says(*BODY, "bo qua", "chung thu het han roi, doi ten")
    assert get_screen(talk) == "condition"
    for _ in range(3):
        assert t(WHEN_IT_ENDED) in await talk.says("1")
        assert "certificate" not in talk.answers
    await talk.says("16/11/2025, bình thường")
    assert talk.answers["certificate"]["not_after"] == "2025-11-16"


@pytest.mark.parametrize(
    "said",
    [
        "31/02/2027",
        "chung thu het han 31/02/2027",
        "31/02/2027, mọi thứ bình thường",
        "token bi mat, het han 31/02/2027",
    ],
)
async def test_a_day_that_no_calendar_has_is_named(talk: Dialogue, said: str) -> None:
    await talk.says(*BODY, "bo qua", "doi ten")
    assert get_screen(talk) == "condition"
    assert NO_DAY in (await talk.says(said)).replace("<b>", "")
    assert "certificate" not in talk.answers


async def test_a_confirmed_name_of_the_unit_is_taken_with_the_confirmation(talk: Dialogue) -> None:
    await talk.says("/start", "1", "co quan em sap nhap thanh xa Nhon Trach", "1")
    assert get_unit(talk) == "DN-NT"
    assert "xã Nhơn Trạch" in talk.text
    await talk.taps("Cơ quan, tổ chức")
    assert get_screen(talk) not in {"unit", "former_unit"}


async def test_a_unit_that_is_typed_one_question_early_is_offered_at_its_own(talk: Dialogue) -> None:
    await talk.says("/start", "1", "xã Nhơn Trạch", "1")
    assert get_screen(talk) == "unit"
    await talk.says("1")
    assert get_unit(talk) == "DN-NT"


@pytest.mark.parametrize(
    ("said", "events"),
    [
        ("doi cap tren", ["superior_changed"]),
        ("sap nhap thanh co quan moi", ["merged_into_new"]),
        ("cơ quan đổi tên rồi", ["renamed"]),
    ],
)
async def test_facts_are_understood_at_the_question_for_the_unit(talk: Dialogue, said: str, events: list[str]) -> None:
    await talk.says(*BODY)
    assert get_screen(talk) == "unit"
    await talk.says(said, "1")
    assert (talk.answers.get("events"), get_screen(talk)) == (events, "unit")


async def test_every_way_on_from_the_question_for_the_unit_has_a_number(talk: Dialogue) -> None:
    await talk.says(*BODY)
    assert t(WHY) in await talk.says("2")
    assert get_screen(talk) == "unit"
    await talk.says("1")
    assert get_screen(talk) == "question"
