"""What stands behind the buttons of an answer, and that the answer and the consent stay where they are."""

from io import BytesIO
from typing import Any

import pytest
from docx import Document

from bot.delivery.form_making import print_requested_answer
from handlers.conversation import respond
from handlers.core import AnswerPrinted, ButtonTapped, PrintAnswer, Reply
from handlers.interview.screens.answer import DOCX, PRINT_PROBLEMS
from locales import translator
from tests.support.dialogue import Dialogue, make_certificate

t = translator("vi")
EXPOSED = t("Somebody who was not given the token used it or knows its PIN, or there are signs of it")
BEGIN = ("/start", "đồng ý")
ABSORBED = (*BEGIN, "1", "2", "2", "31/12/2028", "1")
DETAILS = ("Step by step", "Why? Legal basis", "Please note", "How sure is this?", "What is a managing body?")


@pytest.fixture
def talk() -> Dialogue:
    return Dialogue()


class Telegram:
    """A chat as Telegram shows it: messages with their text and buttons, which replies add, edit and delete."""

    def __init__(self, talk: Dialogue) -> None:
        self.talk = talk
        self.shown: dict[str, Reply] = {}

    async def taps(self, label: str, message: str | None = None) -> None:
        """Tap the newest button of this label, or that of a message."""
        places = [message] if message else list(reversed(self.shown))
        where, choice = next((w, c) for w in places for c in self.shown[w].choices if c.label == label)
        turn = await respond(self.talk.session, ButtonTapped(data=choice.tap, message=where), self.talk.world)
        self.talk.session = turn.session
        for reply in turn.replies:
            self._show(reply)

    def _show(self, reply: Reply) -> None:
        target = reply.target or ""
        if reply.action == "send":
            self.shown[str(len(self.shown))] = reply
        elif reply.action == "buttons":
            self.shown[target] = self.shown[target].model_copy(update={"choices": reply.choices})
        elif reply.action == "edit":
            self.shown[target] = reply

    async def says(self, *lines: str) -> None:
        for line in lines:
            await self.talk.says(line)
            for reply in self.talk.heard:
                self._show(reply)

    def find(self, text: str) -> str:
        return next(name for name, reply in self.shown.items() if text in "\n".join(reply.paragraphs))

    def labels(self, message: str) -> list[str]:
        return [choice.label for choice in self.shown[message].choices]


async def test_the_first_answer_offers_what_stands_behind_it(talk: Dialogue) -> None:
    await talk.says(*ABSORBED)
    assert talk.labels == [*map(t, DETAILS), t("For print"), t("Make the papers"), t("Register the request"),
                           t("Review or change my answers"), t("Take up another certificate")]  # fmt: skip


@pytest.mark.parametrize("label", DETAILS)
async def test_each_detail_is_a_message_of_its_own_with_the_same_buttons(talk: Dialogue, label: str) -> None:
    await talk.says(*ABSORBED)
    before = talk.session
    await talk.taps(t(label))
    (reply,) = talk.heard
    assert reply.action == "send"
    assert talk.session == before
    assert t("Register the request") in talk.labels


async def test_the_legal_basis_has_every_sentence_with_article_clause_and_level(talk: Dialogue) -> None:
    await talk.says(*ABSORBED)
    text = await talk.taps(t("Why? Legal basis"))
    assert "điểm b khoản 3 Điều 17 Nghị định 68/2024/NĐ-CP" in text
    assert t("local rule") in text


async def test_the_steps_have_no_brackets_and_the_notices_have_their_sources(talk: Dialogue) -> None:
    await talk.says(*ABSORBED)
    steps = await talk.taps(t("Step by step"))
    assert "(điểm" not in steps
    assert "khoản" not in steps
    assert "1. " in steps
    assert "Nghị quyết 203/2025/QH15" in await talk.taps(t("Please note"))


async def test_the_numbers_beside_the_buttons_stay_the_same_once_the_answer_was_shown(talk: Dialogue) -> None:
    await talk.says(*ABSORBED)
    first = talk.labels
    await talk.says("2")
    assert talk.labels[: len(first)] == first
    assert "khoản 3 Điều 17" in await talk.says("2")


async def test_terms_are_explained_with_their_source(talk: Dialogue) -> None:
    await talk.says(*ABSORBED)
    text = await talk.taps(t("What is a managing body?"))
    assert "tư cách pháp nhân" in text
    assert "khoản 6 Điều 3 Nghị định 68/2024/NĐ-CP" in text


async def test_details_can_be_asked_for_in_words(talk: Dialogue) -> None:
    await talk.says(*ABSORBED)
    assert "khoản 3 Điều 17" in await talk.says("can cu")
    assert talk.session
    assert talk.session.screen == "answer"


async def test_after_twenty_taps_every_answer_and_the_consent_stand_word_for_word(talk: Dialogue) -> None:
    chat = Telegram(talk)
    await chat.says("/start")
    await chat.taps(t("I agree, let us begin"))
    await chat.says("1", "2", "2", "31/12/2028", "1")
    answer, consent = chat.find("[1]"), chat.find("Trợ lý Chứng thư")
    written = {name: chat.shown[name].paragraphs for name in (answer, consent)}
    for label in (*DETAILS, "Register the request"):
        await chat.taps(t(label), answer)
    await chat.says("UBND xã A", "UBND huyện B", "khong ro")
    await chat.taps(t("Send the request"))
    await chat.taps(t("My requests"))
    await chat.says("/quaylai", "/lamlai")
    for label in DETAILS * 2:
        await chat.taps(t(label), answer)
    assert {name: chat.shown[name].paragraphs for name in (answer, consent)} == written
    assert chat.labels(consent) == [t("What do I store?")]
    registered = chat.find("YC-2026-000001")
    assert "YC-2026-000001" in "\n".join(chat.shown[registered].paragraphs)


async def test_the_buttons_that_show_more_stay_under_the_answer_and_work_from_anywhere(talk: Dialogue) -> None:
    chat = Telegram(talk)
    await chat.says(*ABSORBED)
    answer = chat.find("[1]")
    await chat.taps(t("Register the request"), answer)
    assert chat.labels(answer) == [*map(t, DETAILS), t("For print")]
    open_page = talk.session
    await chat.taps(t("Why? Legal basis"), answer)
    assert talk.session == open_page
    assert "Điều 17" in "\n".join(list(chat.shown.values())[-1].paragraphs)


async def test_a_button_of_an_answer_that_no_longer_holds_says_so(talk: Dialogue) -> None:
    chat = Telegram(talk)
    await chat.says(*ABSORBED)
    answer = chat.find("[1]")
    await chat.says("/lamlai", "2")
    await chat.taps(t("Why? Legal basis"), answer)
    said = "\n".join(list(chat.shown.values())[-1].paragraphs)
    assert t("That button belongs to an earlier answer. Requests keep theirs: /yeucau") in said
    assert talk.session
    assert talk.session.screen == "question"


async def test_in_another_language_the_answer_is_said_anew_and_the_buttons_of_the_old_one_still_work(
    talk: Dialogue,
) -> None:
    chat = Telegram(talk)
    await chat.says(*ABSORBED)
    answer = chat.find("[1]")
    assert "Revoke the certificate (form: Mẫu 05)" in await talk.says("/ngonngu en")
    await chat.taps(t("Why? Legal basis"), answer)
    assert "point b, clause 3, Article 17" in "\n".join(list(chat.shown.values())[-1].paragraphs)


async def test_coming_back_to_the_answer_points_to_it_and_does_not_say_it_again(talk: Dialogue) -> None:
    first = await talk.says(*ABSORBED)
    text = await talk.says("/xemlai", "tiep tuc")
    assert t("<b>The answer stands above, unchanged.</b> In short:") in text
    assert len(text) < len(first) / 2
    again = await talk.taps(t("Read it here again"))
    assert "\n\n".join(again.split("\n\n")[:3]) == "\n\n".join(first.split("\n\n")[:3])


async def test_an_answer_that_has_changed_is_said_in_full(talk: Dialogue) -> None:
    await talk.says(*ABSORBED, "/xemlai")
    await talk.taps(t("the token"))
    text = await talk.taps(t("Lost"))
    assert t("Right now") in text
    assert t("<b>The answer stands above, unchanged.</b> In short:") not in text


async def test_each_request_shows_the_answer_that_it_was_registered_with(talk: Dialogue) -> None:
    first = await talk.says(*ABSORBED)
    await talk.says("dang ky", "UBND xã A", "UBND huyện B", "khong ro", "gui", "/yeucau YC-2026-000001")
    text = await talk.taps(t("The answer I was given"))
    assert "Thu hồi chứng thư" in text
    assert "điểm b khoản 3 Điều 17" in text
    assert t("Right now") not in first
    assert t("Withdraw it") in talk.labels


async def test_what_is_stored_is_told_before_consent_and_nothing_is_kept_for_it(talk: Dialogue) -> None:
    await talk.says("/start")
    text = await talk.taps(t("What do I store?"))
    assert "mã hóa" in text
    assert "/xoadulieu" in text
    assert t("I agree, let us begin") in talk.labels
    assert talk.session is None


async def test_the_greeting_is_three_sentences_and_asks_for_consent(talk: Dialogue) -> None:
    text = await talk.says("/start")
    assert len(text.split("\n\n")) == 3
    assert len(text) <= 500
    assert "180" in text


async def test_the_notice_can_be_read_again_by_a_command_and_by_the_button_under_the_greeting(talk: Dialogue) -> None:
    chat = Telegram(talk)
    await chat.says("/start")
    await chat.taps(t("I agree, let us begin"))
    before = talk.session
    assert "/xoadulieu" in await talk.says("/quyenrieng")
    await chat.taps(t("What do I store?"))
    assert "/xoadulieu" in "\n".join(list(chat.shown.values())[-1].paragraphs)
    assert talk.session == before


async def test_the_answer_for_print_is_ordered_and_comes_as_a_document(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    await talk.sends(make_certificate())
    await talk.says("1", "2", "2", "1")
    choice = next(one for one in talk.choices if one.label == t("For print"))
    turn = await respond(talk.session, ButtonTapped(data=choice.tap, message="8"), talk.world)
    (order,) = turn.again
    assert isinstance(order, PrintAnswer)
    printed = await print_requested_answer(order, _Files(DOCX))  # type: ignore[arg-type]  # as much of a channel as needed
    text = await talk.does(printed)
    assert text == t("The whole answer as a file, to print or to pass on.")
    (file,) = talk.heard[0].attachments
    assert file.name == "tra-loi-chung-thu-2026-11-23.docx"
    written = "\n".join(paragraph.text for paragraph in Document(BytesIO(file.content)).paragraphs)
    told = ("Thu hồi chứng thư", "5904/UBND-VX", "điểm b khoản 3 Điều 17", t("Legal basis"), t("What was told"))
    assert [one for one in told if one not in written] == []
    assert "<b>" not in written
    assert "🟠" not in written


async def test_where_no_document_can_be_sent_that_is_said(talk: Dialogue) -> None:
    await talk.says(*ABSORBED)
    order = PrintAnswer(name="x.docx", parts=())
    printed = await print_requested_answer(order, _Files("text/plain"))  # type: ignore[arg-type]
    assert await talk.does(printed) == t(PRINT_PROBLEMS["no_files"])
    assert await talk.does(AnswerPrinted(name="x.docx", trouble="failed")) == t(PRINT_PROBLEMS["failed"])
    assert await talk.does(order) == t(PRINT_PROBLEMS["failed"])  # nobody has carried it out


class _Files:
    """A channel that takes files of one type."""

    def __init__(self, accepted: str) -> None:
        self.accepted = accepted

    @property
    def capabilities(self) -> Any:
        return self

    def accepts(self, media_type: str) -> bool:
        return media_type == self.accepted


async def test_one_tap_says_that_nothing_is_wrong_with_certificate_token_and_key(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "3")
    await talk.taps(t("Nothing is wrong"))
    assert talk.answers["token"] == "in_hand"
    assert talk.answers["key_exposed"] is False
    assert talk.answers["certificate"] == {"issuer": "government", "not_after": None}


@pytest.mark.parametrize(
    "said", ["31/12/2028, bình thường", "binh thuong, het han 31/12/2028", "31/12/2028 va mat token"]
)
async def test_the_last_day_and_the_condition_can_stand_in_one_line(talk: Dialogue, said: str) -> None:
    await talk.says(*BEGIN, "1", "3", said)
    assert talk.answers["certificate"] == {"issuer": "government", "not_before": None, "not_after": "2028-12-31"}
    assert talk.answers["token"] == ("lost" if "mat" in said else "in_hand")


async def test_several_things_that_are_wrong_are_ticked_and_the_rest_counts_as_in_order(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "3")
    await talk.taps(
        t("The token is lost"),
        EXPOSED,
        t("Done"),
    )
    assert (talk.answers["token"], talk.answers["key_exposed"]) == ("lost", True)


async def test_of_two_conditions_of_the_token_the_later_tick_holds_and_two_typed_ones_are_asked_about(
    talk: Dialogue,
) -> None:
    await talk.says(*BEGIN, "1", "3")
    await talk.taps(t("The token is lost"), t("The token is damaged"))
    assert talk.session
    assert talk.session.ticked == ("token:damaged",)
    text = await talk.says("token bi mat, token bi khoa")
    assert "token" not in talk.answers
    assert t("The token is lost") in text


async def test_whether_the_certificate_still_holds_is_never_taken_for_granted(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "4")
    assert talk.labels[:2] == [
        t("Nothing is wrong, and all the certificate says still holds"),
        t("Nothing is wrong, but something the certificate says no longer holds"),
    ]
    await talk.taps(t("The token is locked (too many wrong PINs)"), t("Done"))
    assert "information_matches" not in talk.answers
    assert talk.session
    assert talk.session.screen == "question"


async def test_a_step_back_from_the_answer_asks_for_the_condition_again(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "3", "31/12/2028", "1", "/quaylai")
    assert talk.session
    assert talk.session.screen == "condition"
    assert set(talk.answers) == {"subject", "events"}
