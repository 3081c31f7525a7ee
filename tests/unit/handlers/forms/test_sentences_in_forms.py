"""A line that tells of a loss, or thanks, never stands in a form as a name; what is told is heard there too."""

import pytest

from handlers.core import Session, certificate_facts
from handlers.sentences import NOT_A_NAME, REPLIES
from handlers.testing import build_memory_services
from locales import translator
from tests.support.dialogue import NOW, PERSON, Dialogue, get_screen, make_certificate, pack

t = translator("vi")
LAN = make_certificate("Nguyễn Thị Lan", **PERSON)
RETIRED = {
    "subject": "individual", "events": ["left_state_service"], "token": "in_hand", "key_exposed": False,
    "certificate": certificate_facts(LAN),
}  # fmt: skip


async def begins(button: str, **changed: object) -> Dialogue:
    """Return a conversation about somebody who has retired, in the form behind a button of its answer."""
    told = {
        "consented_at": NOW, "pack": pack().label, "language": "vi", "answers": {**RETIRED, **changed},
        "certificate": LAN, "screen": "answer", "unit_skipped": True,
    }  # fmt: skip
    talk = Dialogue(world=build_memory_services(pack(), NOW), session=Session.model_validate(told))
    await talk.says("/start")
    await talk.taps(t(button))
    return talk


def typed(talk: Dialogue) -> dict[str, str]:
    assert talk.session is not None
    draft = talk.session.forms if get_screen(talk).startswith("papers") else talk.session.draft
    return draft.fields if draft else {}


@pytest.mark.parametrize("said", ["cam on nhe", "cảm ơn em nhiều", "cám ơn ạ"])
@pytest.mark.parametrize("button", ["Make the papers", "Register the request"])
async def test_thanks_are_no_name(button: str, said: str) -> None:
    talk = await begins(button)
    asked, before = get_screen(talk), typed(talk)
    assert t(REPLIES["thanks"]) in await talk.says(said)
    assert (get_screen(talk), typed(talk)) == (asked, before)


@pytest.mark.parametrize(
    ("said", "fact", "told"),
    [
        ("token bi mat roi", "token", "lost"), ("em làm mất token rồi", "token", "lost"),
        ("em lộ mã PIN rồi", "key_exposed", "True"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("button", ["Make the papers", "Register the request"])
async def test_a_loss_told_in_a_form_is_said_back_and_counts_after_one_tap(
    button: str, said: str, fact: str, told: str
) -> None:
    talk = await begins(button)
    before = typed(talk)
    await talk.says(said)
    assert get_screen(talk) == "understood"
    assert talk.session is not None
    assert (talk.session.forms or talk.session.draft).fields == before  # type: ignore[union-attr]
    await talk.taps(t("That is right"))
    assert str(talk.session.answers[fact]) == told


async def test_a_loss_that_is_known_is_no_name_either_but_may_be_the_reason() -> None:
    talk = await begins("Make the papers", token="lost")
    assert t(NOT_A_NAME, review=t("Review or change my answers")) in await talk.says("token bi mat")
    assert typed(talk) == {}
    await talk.taps(t("Skip all the rest"))
    await talk.taps(t("Change: {fact}", fact=t("Reason")))
    await talk.says("token bị mất")
    assert typed(talk) == {"reason": "token bị mất"}
