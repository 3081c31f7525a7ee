"""Every question can be answered "I am not sure": it names a way on, and records nothing."""

import pytest

from handlers.core import Context, decide_answers
from handlers.interview.screens import STAYS_OPEN, UNSURE_LABEL
from handlers.model import NO_UNITS, UnitDirectory
from handlers.testing import build_memory_services
from locales import translator
from rules.facts import Subject
from rules.loading import load_pack, pack_names
from rules.outcome import Decided
from tests.support.dialogue import NOW, Dialogue, get_screen, make_certificate, nhon_trach, open_dialogue, pack

t = translator("vi")
#: The way to each question of the pack, changed by itself.
WAYS = {
    "subject": ("/start", "1"),
    "events": ("/start", "1", "1"),
    "merger_role": ("/start", "1", "1", "1"),
    "the condition": ("/start", "1", "1", "3"),
    "certificate": ("/start", "1", "1", "3", "31/12/2028", "1", "/xemlai", "3"),
    "the issuer": ("/start", "1", "1", "3", "31/12/2028", "1", "/xemlai", "3", "31/12/2027"),
    "token": ("/start", "1", "1", "3", "31/12/2028", "1", "/xemlai", "4"),
    "key_exposed": ("/start", "1", "1", "3", "31/12/2028", "1", "/xemlai", "5"),
}
DOUBTS = ("chưa rõ", "chua ro", "em ko biết ạ", "tôi không chắc lắm", "chịu")


@pytest.mark.parametrize("name", pack_names())
def test_every_question_of_every_pack_has_a_way_on(name: str) -> None:
    assert all(question.unsure for question in load_pack(name).questions)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_every_question_has_the_button_and_it_records_nothing(way: tuple[str, ...]) -> None:
    talk = Dialogue()
    await talk.says(*way)
    before, at = talk.answers, get_screen(talk)
    assert t(UNSURE_LABEL) in talk.labels
    text = await talk.taps(t(UNSURE_LABEL))
    assert t(STAYS_OPEN) in text
    assert (talk.answers, get_screen(talk)) == (before, at)


@pytest.mark.parametrize("doubt", DOUBTS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_words_of_doubt_lead_to_the_way_on_and_are_no_value(way: tuple[str, ...], doubt: str) -> None:
    talk = Dialogue()
    await talk.says(*way)
    before, at = talk.answers, get_screen(talk)
    text = await talk.says(doubt)
    assert t(STAYS_OPEN) in text
    assert (talk.answers, get_screen(talk)) == (before, at)


async def test_beside_ticks_a_doubt_keeps_them() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1")
    await talk.taps(t("The superior body changed"))
    assert t(STAYS_OPEN) in await talk.says("chua ro")
    assert talk.session
    assert talk.session.ticked == ("superior_changed",)


async def test_the_units_certificates_and_successors_have_a_way_on_too() -> None:
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1", "1")
    assert t(UNSURE_LABEL) in talk.labels
    assert "/xemlai" in await talk.taps(t(UNSURE_LABEL))
    assert "công văn" in await talk.says("xa phu hoi", "chua ro")
    assert get_screen(talk) == "former_unit"
    read = Dialogue()
    await read.says("/start", "1")
    await read.sends(make_certificate("UBND XÃ MỘT"))
    assert "nhãn trên token" in await read.taps(t(UNSURE_LABEL))
    assert read.answers == {}


async def test_where_it_is_known_the_answer_in_each_case_is_told() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1", "1")
    text = await talk.taps(t(UNSURE_LABEL))
    for option in next(one for one in pack().questions if one.fact == "merger_role").options[:3]:
        assert t(option.label) in text
    assert "certificate" not in talk.answers


# ------------------------------------------------------------------ the first answer


def revokes(talk: Dialogue) -> bool:
    assert talk.session
    assert get_screen(talk) == "answer"
    decided = decide_answers(talk.session, talk.world.pack, Context(talk.session, talk.world).today)
    assert isinstance(decided, Decided)
    return any(action.procedure == "revoke" for action in decided.actions)


#: Events that are themselves a case of revocation, whatever else is answered.
REVOKING = {
    "dissolved",
    "split",
    "left_state_service",
    "deceased",
    "device_retired",
    "managing_body_revokes",
}


def told_events() -> list[tuple[str, str, str]]:
    (asked,) = (question for question in pack().questions if question.fact == "events")
    return [
        (name, subject, option.value)
        for name in pack_names()
        for subject in Subject
        for option in asked.options
        if subject in option.subjects and option.value not in REVOKING
    ]


@pytest.mark.parametrize(("name", "subject", "event"), told_events())
async def test_after_any_event_the_first_answer_each_time_never_revokes(name: str, subject: str, event: str) -> None:
    talk = Dialogue(world=build_memory_services(load_pack(name), NOW))
    await talk.says("/start", "1")
    await tap(talk, subject)
    await tap(talk, event)
    if event != "nothing":
        await tap(talk, "done")
    await take_first_answers(talk)
    assert not revokes(talk)


@pytest.mark.parametrize("units", [NO_UNITS, nhon_trach()])
@pytest.mark.parametrize("subject", ["1", "2", "3"])
async def test_one_one_one_never_revokes(subject: str, units: UnitDirectory) -> None:
    talk = open_dialogue(units)
    await talk.says("/start", "1", subject)
    if get_screen(talk) == "unit":
        await talk.says("xa phu hoi")
    await take_first_answers(talk)
    assert not revokes(talk)


async def take_first_answers(talk: Dialogue) -> None:
    for _ in range(10):
        if get_screen(talk) == "answer":
            return
        await talk.says("1")


async def tap(talk: Dialogue, value: str) -> None:
    label = next(choice.label for choice in talk.choices if choice.tap.split("|")[1] == value)
    await talk.taps(label)
