"""People's words on Telegram, through the real program: what stays, what goes, what is never changed."""

import sqlite3
from contextlib import closing

import pytest

from bot.pdf import find_converter
from handlers.conversation import EDIT_READ
from handlers.interview.screens.file import WARNING
from handlers.interview.screens.welcome import GREETING
from tests.acceptance.officer import Officer
from tests.acceptance.test_conversation import ELSE, MERGED
from tests.acceptance.test_secrets import assert_nowhere
from tests.support.pki import issue
from tests.support.program import Program
from tests.support.telegram.api import BotApi

PIN = "mã PIN là 87654321"


async def test_a_pin_in_a_caption_is_warned_of_deleted_and_the_certificate_is_read(
    lan: Officer, program: Program
) -> None:
    await lan.consents()
    await lan.user.sends_file(issue("Trường THCS Mẫu").der, "a.cer", caption=PIN)
    deleted = await lan.user.hears_until(lambda shown: shown.kind == "delete")
    assert deleted.text == PIN
    read = await lan.hears()
    assert lan.words(WARNING) in read.text
    assert "Trường THCS Mẫu" in read.text
    await program.stop()
    assert_nowhere(program.folder, b"87654321")


@pytest.mark.parametrize("consented", [True, False])
async def test_a_pin_in_a_changed_message_is_warned_of_and_deleted(lan: Officer, consented: bool) -> None:
    await (lan.consents() if consented else lan.says("/start"))
    await lan.user.edits(PIN)
    deleted = await lan.user.hears_until(lambda shown: shown.kind == "delete")
    assert deleted.text == PIN
    assert lan.words(WARNING) in (await lan.user.hears()).text


async def test_a_changed_message_is_read_as_a_new_one_but_answers_no_question_by_itself(lan: Officer) -> None:
    await lan.consents()
    shown = await lan.says(lan.words.option("subject", "organisation"))
    assert lan.words.asked_in(shown.text) == "events"
    await lan.user.edits(lan.words.option("subject", "individual"))
    note = await lan.user.hears()
    assert lan.words(EDIT_READ) in note.text
    assert lan.words.asked_in(note.text) == "events"
    assert "Cơ quan" in (await lan.says("/xemlai")).text


async def test_of_an_album_every_certificate_can_be_chosen_and_the_unreadable_file_is_named(lan: Officer) -> None:
    await lan.consents()
    one, two = issue("Trường Một"), issue("Trường Hai")
    await lan.user.sends_album({"mot.cer": one.der, "hong.cer": b"khong phai", "hai.cer": two.der})
    shown = await lan.user.hears_until(lambda shown: sum("Trường" in label for label in shown.labels) == 2)
    named = [message.text for message in lan.user.sees() if "hong.cer" in message.text]
    assert named
    first = next(label for label in shown.labels if "Trường Một" in label)
    await lan.user.taps(first)
    assert "Trường Một" in (await lan.hears()).text


async def test_an_answer_can_still_be_forwarded_after_a_tap_under_it(lan: Officer) -> None:
    await lan.consents()
    await lan.user.sends_file(issue().der, "a.cer")
    read = await lan.hears()
    question = await lan.taps("Yes – the certificate of an organisation")
    answer = await lan.answers(question, {**MERGED, **ELSE})
    await lan.taps("Register the request")
    seen = {message.text for message in lan.user.sees()}
    assert answer.text in seen
    chosen = lan.words("Yes – the certificate of an organisation")
    assert f"{read.text}\n\n➤ {chosen}" in seen  # not a word of it is gone
    assert lan.words(GREETING) in "\n".join(seen)
    (rows,) = [message.rows for message in lan.user.sees() if message.text == answer.text]
    left = {button["text"] for row in rows or () for button in row}
    assert lan.words("Why? Legal basis") in left
    assert lan.words("Register the request") not in left


async def test_after_twenty_taps_the_answer_stands_and_every_detail_is_a_message_of_its_own(lan: Officer) -> None:
    await lan.consents()
    await lan.user.sends_file(issue().der, "a.cer")
    await lan.hears()
    question = await lan.taps("Yes – the certificate of an organisation")
    answer = await lan.answers(question, {**MERGED, **ELSE})
    details = ("Step by step", "Why? Legal basis", "Please note", "How sure is this?", "What is a managing body?")
    for label in details * 4:
        await lan.user.taps(lan.words(label), on=answer)
        detail = await lan.hears()
        assert detail.message.id != answer.message.id
    shown = [message for message in lan.user.sees() if message.id == answer.message.id]
    assert [message.text for message in shown] == [answer.text]


async def test_the_answer_for_print_arrives_as_a_word_file_and_as_pdf_where_it_can_be_made(lan: Officer) -> None:
    await lan.consents()
    await lan.user.sends_file(issue().der, "a.cer")
    await lan.hears()
    question = await lan.taps("Yes – the certificate of an organisation")
    await lan.answers(question, {**MERGED, **ELSE})
    await lan.user.taps(lan.words("For print"))
    shown = await lan.user.hears_until(lambda one: one.document is not None)
    assert shown.document is not None
    assert shown.document.name.endswith(".docx")
    assert shown.document.content.startswith(b"PK")
    if find_converter():
        shown = await lan.user.hears_until(lambda one: one.document is not None and one.document.name.endswith(".pdf"))
        assert shown.document is not None
        assert shown.document.content.startswith(b"%PDF")


@pytest.mark.parametrize("declines", [True, False])
async def test_of_whoever_declined_or_only_looked_in_the_database_knows_nobody(
    lan: Officer, program: Program, declines: bool
) -> None:
    await lan.says("/start")
    if declines:
        await lan.user.taps(lan.words("I do not agree"))
        await lan.user.hears_until(lambda shown: not shown.buttons and shown.kind == "message")
    await program.stop()
    with closing(sqlite3.connect(program.folder / "data" / "troly.sqlite3")) as database:
        assert database.execute("SELECT COUNT(*) FROM chats").fetchone() == (0,)
        assert database.execute("SELECT COUNT(*) FROM outbox").fetchone() == (0,)


@pytest.mark.parametrize(
    "content",
    [
        {"sticker": {"file_id": "S"}},
        {"voice": {"file_id": "V", "duration": 1}},
        {"photo": [{"file_id": "P"}]},
        {"video_note": {"file_id": "N"}},
        {"contact": {"phone_number": "1", "first_name": "A"}},
        {"location": {"latitude": 1, "longitude": 2}},
        {"poll": {"id": "1", "question": "?", "options": []}},
        {"animation": {"file_id": "A"}, "document": {"file_id": "A"}},
        {"document": {"file_id": "no-such-file"}},
        {"text": "co quan", "reply_to_message": {"message_id": 1, "text": "x"}},
        {"text": "co quan", "forward_origin": {"type": "hidden_user", "sender_user_name": "A"}},
    ],
)
async def test_every_kind_of_message_has_one_kind_answer(
    lan: Officer, program: Program, content: dict[str, object]
) -> None:
    await lan.consents()
    await lan.user.sends(**content)
    shown = await lan.user.hears()
    assert shown.text
    await lan.user.hears_nothing()
    assert "turn_failed" not in program.printed()


async def test_a_tap_without_its_message_or_on_one_out_of_reach_does_no_harm(
    lan: Officer, program: Program, api: BotApi
) -> None:
    question = await lan.consents()
    data = next(button.data for button in question.buttons if button.data)
    far = {"chat": lan.user.chat.as_json(), "message_id": 999_999, "date": 0}
    for message in ({}, {"message": far}):
        query = {"id": "1", "from": lan.user.as_json(), "chat_instance": "1", "data": data, **message}
        api.account.updates.push("callback_query", lan.user.id, query)
    assert lan.words.asked_in((await lan.hears()).text) == "events"
    assert "turn_failed" not in program.printed()
