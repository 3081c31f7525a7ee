"""A unit named while another question is open is offered, only by its full name and never in passing."""

import pytest

from handlers.model import Unit, UnitDirectory
from locales import translator
from tests.support.dialogue import Dialogue, get_screen, get_unit, nhon_trach, open_dialogue

t = translator("vi")
BODY = ("/start", "1", "1")


@pytest.fixture
def talk() -> Dialogue:
    return open_dialogue(nhon_trach())


async def test_a_former_unit_named_beside_another_question_is_offered(talk: Dialogue) -> None:
    await talk.says(*BODY, "bo qua", "xa phu hoi")
    assert get_screen(talk) == "former_unit"
    await talk.says("dung")
    assert (get_unit(talk), "events" in talk.answers) == ("DN-NT", False)
    assert get_screen(talk) == "belonging"
    await talk.says("thuoc")
    assert talk.answers["events"] == ["superior_changed"]
    assert get_screen(talk) == "condition"


@pytest.mark.parametrize("typed", ["dai phuoc", "xa phu hoii", "vinh thanh, nhon trach"])
async def test_what_is_not_the_full_name_of_a_unit_is_not_offered(talk: Dialogue, typed: str) -> None:
    await talk.says(*BODY, "bo qua", typed)
    assert (get_screen(talk), get_unit(talk)) == ("question", None)


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


async def test_a_text_that_means_an_option_is_no_unit() -> None:
    label = t("The superior body changed")
    talk = open_dialogue(UnitDirectory.of((Unit("X", label),)))
    await talk.says(*BODY, "bo qua", label)
    assert (get_unit(talk), talk.answers["events"]) == (None, ["superior_changed"])


async def test_another_unit_is_not_taken_in_passing(talk: Dialogue) -> None:
    await talk.says(*BODY, "xa nhon trach", "ubnd tinh dong nai")
    assert (get_screen(talk), get_unit(talk)) == ("unit", "DN-NT")
    await talk.taps(t("Leave it as it is"))
    assert (get_screen(talk), get_unit(talk)) == ("question", "DN-NT")


async def test_a_unit_told_before_it_is_known_whose_certificate_it_is_is_asked_for_afterwards(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    assert t("That is a unit; I keep its name and come back to it right after this question.") in await talk.says(
        "xã Nhơn Trạch"
    )
    assert get_unit(talk) is None
