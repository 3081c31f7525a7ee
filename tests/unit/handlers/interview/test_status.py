"""What the conversation tells the register: where each interview stands, once it changes and only then."""

from dataclasses import replace
from datetime import date

import pytest

from handlers.core import Context, Session
from handlers.interview import interview_status
from handlers.model import InterviewStatus, Unit, UnitDirectory
from handlers.testing import MemoryContext, MemoryInterviewRegister, MemoryTables, build_memory_services
from locales import translator
from rules.outcome import Procedure
from tests.support.dialogue import NOW, Dialogue, make_certificate, pack

t = translator("vi")
READ = make_certificate("UBND XÃ ĐẠI PHƯỚC")
UNITS = UnitDirectory.of([Unit("DN", "Tỉnh Đồng Nai"), Unit("DN-DP", "Xã Đại Phước", "DN")])
#: From the greeting to an answer that asks for a change of information, with a typed certificate.
TYPED = ("/start", "đồng ý", "1", "3", "31/12/2028", "1")


class Heard(MemoryInterviewRegister):
    """Remembers everything it was told, in order."""

    def __init__(self) -> None:
        super().__init__(MemoryContext(MemoryTables(), NOW, "memory"))
        self.told: list[InterviewStatus] = []

    async def save_status(self, standing: InterviewStatus) -> None:
        self.told.append(standing)
        await super().save_status(standing)


@pytest.fixture
def register() -> Heard:
    return Heard()


@pytest.fixture
def talk(register: Heard) -> Dialogue:
    """Where no units are known, nobody is asked for one."""
    return Dialogue(world=build_memory_services(pack(), NOW, register=register))


@pytest.fixture
def placed(register: Heard) -> Dialogue:
    """Where units are known, the officer's own is asked for once it is known whose certificate it is."""
    return Dialogue(world=build_memory_services(pack(), NOW, register=register, units=UNITS))


async def test_nothing_is_kept_before_consent(talk: Dialogue, register: Heard) -> None:
    await talk.says("/start")
    await talk.sends(READ)
    await talk.says("co quan", "khong dong y")
    assert register.told == []


async def test_consent_alone_and_an_answer_alone_tell_nothing(talk: Dialogue, register: Heard) -> None:
    await talk.says(*TYPED[:4])
    assert register.told == []


async def test_a_confirmed_certificate_is_known(talk: Dialogue, register: Heard) -> None:
    await talk.says("/start", "đồng ý")
    await talk.sends(READ)
    assert register.told == []
    await talk.says("đúng")
    (told,) = register.told
    assert told == InterviewStatus(
        interview=1, certificate_key=READ.serial, subscriber=READ.name, not_after=date(2029, 1, 1), owed=None
    )


async def test_a_typed_certificate_is_known_by_its_last_day_and_the_decision_by_what_is_owed(
    talk: Dialogue, register: Heard
) -> None:
    await talk.says(*TYPED)
    (told,) = register.told
    assert told.not_after == date(2028, 12, 31)
    assert (told.certificate_key, told.owed) == (None, (Procedure.CHANGE_INFORMATION,))


async def test_nothing_to_register_is_known_as_such(talk: Dialogue, register: Heard) -> None:
    await talk.says("/start", "đồng ý", "1", "2", "1", "31/12/2028", "1")
    assert register.told[-1].owed == ()


async def test_turns_that_change_nothing_tell_nothing(talk: Dialogue, register: Heard) -> None:
    await talk.says(*TYPED)
    told = len(register.told)
    await talk.says("/trogiup", "/vanban", "/yeucau", "trời đẹp", "/huy", "/start", "/ngonngu en", "/dulieu")
    assert len(register.told) == told


async def test_a_registered_request_is_found_by_the_standing_of_a_typed_certificate(
    talk: Dialogue, register: Heard
) -> None:
    await talk.says(*TYPED, "dang ky", "UBND xã Đại Phước", "UBND xã Đại Phước", "1", "UBND tỉnh Đồng Nai", "gửi")
    (request,) = await talk.world.requests.mine()
    assert register.told[-1].certificate_key == request.content.certificate_key == "ubnd xa dai phuoc"


async def test_a_serial_corrected_later_is_what_the_standing_goes_by(talk: Dialogue, register: Heard) -> None:
    await talk.says(*TYPED, "dang ky", "UBND xã Đại Phước", "UBND xã Đại Phước", "1", "UBND tỉnh Đồng Nai", "gửi")
    (request,) = await talk.world.requests.mine()
    await talk.says(f"/yeucau {request.code}")
    await talk.taps(t("Change this request"), t("Serial number"))
    await talk.says("5402DD8A9E3FB18F")
    await talk.taps(t("Save the change"))
    (request,) = await talk.world.requests.mine()
    assert request.content.serial == "5402DD8A9E3FB18F"
    assert register.told[-1].certificate_key == "5402DD8A9E3FB18F"


async def test_the_next_certificate_has_a_standing_of_its_own(talk: Dialogue, register: Heard) -> None:
    await talk.says(*TYPED, "/lamlai")
    told = len(register.told)
    assert talk.session
    assert (talk.session.interview, talk.session.registered_key) == (2, None)
    await talk.says("/lamlai")
    assert talk.session.interview == 2
    assert len(register.told) == told
    await talk.says("1", "3", "31/12/2027")
    await talk.says("1")
    assert (register.told[-1].interview, register.told[-1].not_after) == (2, date(2027, 12, 31))
    assert register.standings[1].owed == (Procedure.CHANGE_INFORMATION,)


async def test_another_certificate_than_the_registered_one_leaves_its_standing_alone(
    talk: Dialogue, register: Heard
) -> None:
    await talk.says("/start", "đồng ý")
    await talk.sends(READ)
    await talk.says("đúng")
    assert talk.session
    talk.session = talk.session.with_changes(registered_key=READ.serial)
    await talk.sends(make_certificate("SỞ Y TẾ", serial="0A0B"))
    await talk.says("1")
    assert {number: one.certificate_key for number, one in register.standings.items()} == {1: READ.serial, 2: "0A0B"}


async def test_a_certificate_taken_back_is_no_longer_known(talk: Dialogue, register: Heard) -> None:
    await talk.says(*TYPED[:6], "/quaylai", "/quaylai")
    while talk.answers.get("certificate"):
        await talk.says("/quaylai")
    assert register.standings[1] == InterviewStatus(interview=1)


async def test_the_unit_that_was_chosen_is_known_and_stands_with_all_that_follows(
    placed: Dialogue, register: Heard
) -> None:
    await placed.says("/start", "đồng ý", "1", "xa dai phuoc")
    assert register.told == [InterviewStatus(interview=1, unit="DN-DP")]
    await placed.says("3", "31/12/2028", "1")
    assert (register.told[-1].unit, register.told[-1].owed) == ("DN-DP", (Procedure.CHANGE_INFORMATION,))
    told = len(register.told)
    await placed.says("/lamlai")
    assert len(register.told) == told
    await placed.says("1")
    assert register.told[-1] == InterviewStatus(interview=2, unit="DN-DP")


async def test_a_unit_that_is_in_the_tree_no_longer_is_none(placed: Dialogue) -> None:
    await placed.says("/start", "đồng ý", "1", "xa dai phuoc")
    assert placed.session
    standing = interview_status(Context(placed.session.with_changes(unit="X-99"), placed.world))
    assert standing is None


async def test_what_new_rules_say_is_told_with_the_next_turn(talk: Dialogue, register: Heard) -> None:
    await talk.says(*TYPED)
    told = len(register.told)
    assert talk.session
    talk.session = talk.session.with_changes(pack="an earlier one")
    await talk.says("/trogiup")
    assert len(register.told) == told + 1


async def test_who_is_forgotten_is_not_told_of_once_more(talk: Dialogue, register: Heard) -> None:
    await talk.says(*TYPED, "/xoadulieu")
    told = len(register.told)
    await talk.says("xóa")
    assert (register.standings, len(register.told)) == ({}, told)


def test_a_session_without_consent_implies_nothing() -> None:
    session = Session(answers={"certificate": {"not_after": "2028-12-31"}}, certificate=READ)
    assert interview_status(Context(session, replace(build_memory_services(pack(), NOW), units=UNITS))) is None
