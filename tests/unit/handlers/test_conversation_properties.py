"""Whatever a person does, the conversation answers, and an answer is never far."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.broadcasts.rendering import ADMIN_ACTIONS, BroadcastCallback, ButtonAction
from handlers.core import (
    ButtonTapped,
    FileRead,
    FileSent,
    MessageEdited,
    Reply,
    ScreenCallback,
    Session,
    TextReceived,
    Throttled,
    UnreadableReceived,
    current_question,
)
from handlers.interview import CONDITION_FACTS
from handlers.interview.screens.retraction import SAFETY_VALUES
from handlers.model import NO_UNITS, FileProblemKind, Reading, UnitDirectory
from handlers.testing import build_memory_services
from tests.support.dialogue import EXPIRED, NOW, PERSON, Dialogue, make_certificate, nhon_trach, pack
from tests.support.soak import examples

pytestmark = pytest.mark.long

COMMANDS = (
    "start", "lamlai", "quaylai", "xemlai", "visao", "vanban", "yeucau", "trogiup", "huy", "ngonngu", "ngonngu en",
    "dulieu", "xoadulieu", "khongco", "dungnhan", "nhanlai", "lamngay TB-000012", "dalam TB-000012",
    "nhacsau TB-000013 3", "nhacsau",
)  # fmt: skip
#: Buttons of reminders that an officer gets.
OFFICERS = [action for action in ButtonAction if action not in ADMIN_ACTIONS]
FILES = (
    (),
    (make_certificate(),),
    (make_certificate(**EXPIRED),),
    (make_certificate("Trần Văn Bình", **PERSON),),
    (make_certificate("A"), make_certificate("B")),
)
#: Questions of the pack and the two steps of a typed expiry: more than this many answers in a row cannot be asked.
MOST_QUESTIONS = 9

#: Sentences that state, deny, plan, ask and command.
SENTENCES = (
    "xã em sáp nhập thành xã mới, token bị mất", "xa em nhap vao xa Long Tan, cks co quan", "token ko mat dau",
    "em nghỉ hưu rồi, cks của em", "nghe nói sắp sáp nhập", "nộp ở đâu, mẫu nào", "quay lại câu trước",
    "làm lại từ đầu",
    "đồng ý nhé", "không đồng ý", "cảm ơn", "chào bot", "làm sổ đỏ ở đâu",
    "cks cơ quan hết hạn 30/6/2027 của ban cơ yếu",
    "em tìm lại được token rồi", "token vẫn giữ, dùng bình thường", "khóa bị lộ, người khác biết mã PIN rồi",
    "máy chủ đổi tên miền", "anh Hùng phòng em mất rồi", "yêu cầu của tôi tới đâu rồi", "đúng rồi", "không, sai rồi",
)  # fmt: skip

acts = st.one_of(
    st.tuples(st.just("tap"), st.integers(0, 20)),
    st.tuples(st.just("tap"), st.integers(0, 3)),
    st.tuples(st.just("say"), st.sampled_from([f"/{command}" for command in COMMANDS])),
    st.tuples(st.just("say"), st.text(max_size=60)),
    st.tuples(
        st.just("say"),
        st.sampled_from(["1", "2", "3", "1, 2", "31/12/2028", "UBND xã Đại Phước", "xa phu hoi", "=HYPERLINK()"]),
    ),
    st.tuples(st.just("say"), st.sampled_from(SENTENCES)),
    st.tuples(st.just("edit"), st.sampled_from([*SENTENCES, "1", "2", "đồng ý", "/lamlai", "xã Đại Phước"])),
    st.tuples(
        st.just("caption"), st.tuples(st.integers(0, 4), st.sampled_from([*SENTENCES, "1", "có"]), st.booleans())
    ),
    st.tuples(st.just("photo"), st.sampled_from(SENTENCES)),
    st.tuples(st.just("file"), st.integers(0, len(FILES) - 1)),
    st.tuples(st.just("trouble"), st.sampled_from(list(FileProblemKind))),
    st.tuples(st.just("stale"), st.integers(0, 40)),
    st.tuples(
        st.just("remind"),
        st.builds(BroadcastCallback, st.sampled_from(OFFICERS), st.sampled_from(["TB-000012", "TB-000013"])),
    ),
    st.tuples(st.just("odd"), st.integers(0, 2)),
)
ODD = (Throttled(), UnreadableReceived(what="photo"), FileSent(reference="x", name="y"))


async def act(talk: Dialogue, kind: str, what: object) -> None:
    match kind, what:
        case "tap", int(number) if talk.choices:
            await talk.does(ButtonTapped(data=talk.choices[number % len(talk.choices)].tap, message="1"))
        case "say", str(text):
            await talk.does(TextReceived(text=text, message="2"))
        case (("edit" | "photo" | "caption"), _):
            await write_aside(talk, kind, what)
        case "file", int(number):
            await talk.sends(*FILES[number])
        case "trouble", FileProblemKind() as trouble:
            await talk.sends(problems=[trouble])
        case "stale", int(version):
            await talk.does(ButtonTapped(data=str(ScreenCallback("question", "individual", str(version))), message="3"))
        case "remind", BroadcastCallback() as tap:
            await talk.does(ButtonTapped(data=str(tap), message="4"))
        case "odd", int(number):
            await talk.does(ODD[number])


async def write_aside(talk: Dialogue, kind: str, what: object) -> None:
    match kind, what:
        case "edit", str(text):
            await talk.does(MessageEdited(text=text, message="5"))
        case "photo", str(text):
            await talk.does(UnreadableReceived(what="photo", caption=text, message="6"))
        case "caption", (int(number), str(text), bool(album)):
            reading = Reading(certificates=FILES[number])
            await talk.does(FileRead(name="x.cer", reading=reading, album=album, caption=text, message="9"))


def check(replies: tuple[Reply, ...], session: Session | None) -> None:
    for reply in replies:
        assert reply.paragraphs or reply.action in {"delete", "buttons"}
        assert all(len(choice.tap.encode()) <= 64 for choice in reply.choices)
        assert len(reply.choices) <= 100
    if session is not None and session.consented_at is None:
        assert (session.answers, session.certificate, session.offered, session.draft) == ({}, None, (), None)
    if session is not None:
        assert Session.model_validate_json(session.model_dump_json()) == session


async def finish(talk: Dialogue) -> int:
    """Answer whatever is asked with the first option until the answer stands; how many answers that took."""
    await talk.says("/start")
    if talk.session is None or talk.session.consented_at is None:
        await talk.says("1")
    await talk.says("/lamlai")
    for answers in range(MOST_QUESTIONS + 2):
        assert talk.session
        if talk.session.screen == "answer":
            return answers
        await talk.says("1")
    return MOST_QUESTIONS + 2


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(acts, max_size=25), st.booleans(), st.sampled_from([NO_UNITS, nhon_trach()]))
def test_any_conversation_goes_on_and_ends_in_a_decision_within_a_bounded_number_of_questions(
    script: list[tuple[str, object]], consented: bool, units: UnitDirectory
) -> None:
    async def run() -> None:
        talk = Dialogue(world=build_memory_services(pack(), NOW, units=units, received=("TB-000012",)))
        if consented:
            await talk.says("/start", "1")
        for kind, what in script:
            await act(talk, kind, what)
            check(talk.heard, talk.session)
        assert await finish(talk) <= MOST_QUESTIONS + bool(units)

    asyncio.run(run())


def answer_to_open(talk: Dialogue, before: Session | None) -> dict[str, object]:
    """Return what the line answered of what was asked on the open page: that was said and shown."""
    if before is None or talk.session is None:
        return {}
    if before.screen == "condition":  # what a line does not name counts as in order there
        return {fact: value for fact, value in talk.answers.items() if fact in CONDITION_FACTS}
    if before.screen != "question":
        return {}
    asked = current_question(before, talk.world.pack, NOW.date())
    return {asked.fact: talk.answers[asked.fact]} if asked and asked.fact in talk.answers else {}


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.sampled_from(SENTENCES), max_size=15))
def test_sentences_in_any_order_record_nothing_that_was_not_confirmed(said: list[str]) -> None:
    async def run() -> None:
        talk = Dialogue()
        await talk.says("/start", "1")
        for line in said:
            before = talk.session
            await talk.says(line)
            check(talk.heard, talk.session)
            waiting = before.understood if before is not None and before.screen == "understood" else None
            known = {**before.answers, **(waiting.answers if waiting and line == "đúng rồi" else {})} if before else {}
            told = {**known, **answer_to_open(talk, before)}
            kept = before.answers if before else {}  # a danger is not taken back by what was confirmed beside it
            assert all(value in (told.get(fact), kept.get(fact)) for fact, value in talk.answers.items())

    asyncio.run(run())


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_the_same_taps_lead_to_the_same_words(taps: list[int]) -> None:
    async def run() -> tuple[str, Session | None]:
        talk = Dialogue()
        await talk.says("/start", "1")
        for number in taps:
            await act(talk, "tap", number)
        return talk.text, talk.session

    assert asyncio.run(run()) == asyncio.run(run())


ASIDE = st.tuples(st.sampled_from(["edit", "caption", "album"]), st.sampled_from(SENTENCES))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(ASIDE, max_size=12))
def test_edits_captions_and_albums_in_any_order_record_nothing_by_themselves(script: list[tuple[str, str]]) -> None:
    async def run() -> None:
        talk = Dialogue()
        await talk.says("/start", "1")
        for kind, text in script:
            before = talk.answers
            await write_beside(talk, kind, text)
            check(talk.heard, talk.session)
            assert all(before.get(fact) == value for fact, value in talk.answers.items())

    asyncio.run(run())


async def write_beside(talk: Dialogue, kind: str, text: str) -> None:
    """Edit a message, or write words under one file or under one of an album."""
    if kind == "edit":
        await act(talk, "edit", text)
    else:
        await act(talk, "caption", (1, text, kind == "album"))


def dangers(answers: dict[str, object]) -> set[tuple[str, str]]:
    """Return what the answers say of safety, as pairs of a fact and a value."""
    given = {fact: answers.get(fact) for fact in SAFETY_VALUES}
    said = {fact: value if isinstance(value, list) else [str(value).lower()] for fact, value in given.items()}
    return {(fact, value) for fact, values in said.items() for value in values if value in SAFETY_VALUES[fact]}


#: What tells of a danger, what would take it back, and every other way to say and tap something.
RISKY = st.one_of(
    st.tuples(st.just("tap"), st.integers(0, 12)),
    st.tuples(st.just("say"), st.sampled_from([*SENTENCES, "đúng rồi", "1", "2", "31/12/2028", "/quaylai", "/xemlai"])),
    ASIDE,
    st.tuples(st.just("file"), st.integers(0, len(FILES) - 1)),
)


@settings(max_examples=examples(120), deadline=None)
@given(st.sampled_from(["2", "1"]), st.lists(RISKY, max_size=25))
def test_whatever_is_said_edited_sent_or_tapped_a_danger_that_was_confirmed_is_only_taken_back_where_that_is_asked(
    subject: str, script: list[tuple[str, object]]
) -> None:
    async def run() -> None:
        talk = Dialogue()
        await talk.says("/start", "1", "token cơ quan bị mất", "đúng rồi", subject)
        for kind, what in script:
            before = talk.session
            assert before is not None
            await (
                write_beside(talk, kind, str(what)) if kind in {"edit", "caption", "album"} else act(talk, kind, what)
            )
            after = talk.session
            assert after is not None
            gone = dangers(before.answers) - dangers(after.answers)
            answered = {fact for fact, _ in gone if fact in after.answers}
            graver = {"token"} if after.answers.get("token") == "lost" else set()
            begun_anew = after.interview != before.interview
            assert before.screen == "retraction" or begun_anew or not answered - graver

    asyncio.run(run())
