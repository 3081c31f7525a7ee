"""Words under a file, and edited messages, are read; nothing is recorded of them that was not confirmed."""

import pytest

from handlers.conversation import EDIT_ASIDE, EDIT_READ
from handlers.core import FileRead, FileSent, MessageEdited, UnreadableReceived
from handlers.interview.screens.file import WARNING
from handlers.model import Reading
from handlers.sentences import KEPT_FOR_CONSENT, SAID_BACK_NEXT
from locales import translator
from tests.support.dialogue import Dialogue, get_screen, make_certificate

t = translator("vi")


@pytest.fixture
async def talk() -> Dialogue:
    talk = Dialogue()
    await talk.says("/start", "1")
    return talk


async def sends(talk: Dialogue, caption: str) -> str:
    reading = Reading(certificates=(make_certificate("UBND XÃ MỘT"),))
    return await talk.does(FileRead(name="x.cer", reading=reading, message="9", caption=caption))


async def edits(talk: Dialogue, text: str) -> str:
    return await talk.does(MessageEdited(text=text, message="5"))


async def test_what_stands_under_a_certificate_is_said_back_after_it(talk: Dialogue) -> None:
    text = await sends(talk, "xã em sáp nhập thành xã mới, token bị mất")
    assert t(SAID_BACK_NEXT) in text
    assert (get_screen(talk), talk.answers) == ("certificate", {})
    await talk.says("1")
    assert get_screen(talk) == "understood"
    assert set(talk.answers) == {"subject", "certificate"}
    await talk.says("đúng rồi")
    assert talk.answers["events"] == ["merged_into_new"]
    assert talk.answers["token"] == "lost"


@pytest.mark.parametrize("caption", ["1", "cơ quan", "đúng", "có", "không"])
async def test_words_under_a_certificate_never_answer_the_page_that_nobody_saw(talk: Dialogue, caption: str) -> None:
    await sends(talk, caption)
    assert (get_screen(talk), talk.answers) == ("certificate", {})


async def test_a_question_under_a_file_is_answered(talk: Dialogue) -> None:
    assert "Nộp ở đâu" in await sends(talk, "nộp ở đâu ạ?") or "Nơi nộp" in talk.text


async def test_words_under_a_photo_are_read_like_any_other(talk: Dialogue) -> None:
    await talk.does(UnreadableReceived(what="photo", message="6", caption="token cơ quan bị mất"))
    assert get_screen(talk) == "understood"
    assert talk.answers == {}


async def test_words_under_a_file_before_consent_wait_for_it() -> None:
    talk = Dialogue()
    text = await talk.does(FileSent(reference="r", name="a.cer", message="3", caption="token cơ quan bị mất"))
    assert t(KEPT_FOR_CONSENT) in text
    assert talk.session
    assert talk.answers == {}
    assert "token cơ quan" not in talk.session.model_dump_json()


async def test_a_pin_under_a_file_is_warned_of_and_deleted(talk: Dialogue) -> None:
    for event in (
        FileRead(name="x.cer", reading=Reading(), message="9", secret=True),
        UnreadableReceived(what="photo", message="9", caption="pin 12345678"),
    ):
        assert t(WARNING) in await talk.does(event)
        assert talk.heard[0].action == "delete"


async def test_an_edited_message_is_read_as_a_new_one_and_says_so(talk: Dialogue) -> None:
    text = await edits(talk, "token cơ quan bị mất")
    assert t(EDIT_READ) in text
    assert get_screen(talk) == "understood"
    assert talk.answers == {}


@pytest.mark.parametrize("text", ["1", "2", "cơ quan", "cá nhân"])
async def test_an_edit_never_answers_the_open_question_by_itself(talk: Dialogue, text: str) -> None:
    said = await edits(talk, text)
    assert t("I am not sure. Do you mean:") in said
    assert talk.answers == {}
    await talk.says("1")
    assert "subject" in talk.answers


async def test_an_edit_is_no_value_of_the_open_field(talk: Dialogue) -> None:
    await talk.says("1", "3", "31/12/2028", "1")
    await talk.taps(t("Register the request"))
    assert t(EDIT_ASIDE) in await edits(talk, "UBND xã Hai")
    assert talk.session
    assert talk.session.draft
    assert talk.session.draft.fields == {}


async def test_an_edit_is_no_consent() -> None:
    talk = Dialogue()
    await talk.says("/start")
    await edits(talk, "đồng ý")
    assert talk.session is None or talk.session.consented_at is None


async def test_a_pin_in_an_edit_is_warned_of_and_deleted(talk: Dialogue) -> None:
    assert t(WARNING) in await edits(talk, "pin 12345678")
    assert talk.heard[0].action == "delete"
    assert t(WARNING) in await talk.does(MessageEdited(message="5", secret=True))


async def test_a_step_back_from_what_was_said_back_leaves_it(talk: Dialogue) -> None:
    await edits(talk, "token cơ quan bị mất")
    await talk.says("/quaylai")
    assert (get_screen(talk), talk.answers) == ("question", {})
