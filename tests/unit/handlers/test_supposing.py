"""A question about what has not happened is answered for that case, and nothing of it is recorded."""

import pytest

from handlers.sentences import AFTER_THE_QUESTIONS
from handlers.supposing import NOT_RECORDED, NOT_RECORDED_BESIDE
from locales import translator
from rules import Event, Subject, Token, parse_facts
from rules.language import load_language, read
from tests.support.dialogue import Dialogue

t = translator("vi")
REVOKE, LOSS, NEW_BODY, NEW_PERSON = "(Mẫu 05)", "(Mẫu 09)", "(Mẫu 02)", "(Mẫu 01)"


def plain(message: str) -> str:
    return t(message).replace("<i>", "").replace("</i>", "")


@pytest.mark.parametrize(
    ("said", "supposed"),
    [
        ("nếu mất token thì phải làm gì", {"token": Token.LOST}),
        ("giả sử chứng thư hết hạn thì làm thế nào", {"expired": True}),
        ("token hỏng thì làm sao", {"token": Token.DAMAGED}),
        ("neu chung thu het han thi sao", {"expired": True}),
        ("nếu chứng thư hết hạn thì sao", {"expired": True}),
        ("giả sử chứng thư hết hạn", {"expired": True}),
        ("gia su mat token", {"token": Token.LOST}),
        ("neu co quan giai the thi sao", {"events": [Event.DISSOLVED]}),
        ("trường hợp mất token thì làm sao", {"token": Token.LOST}),
        ("truong hop co quan toi giai the thi sao", {"events": [Event.DISSOLVED]}),
        ("nếu hết hạn thì gia hạn thế nào", {}),
        ("Lỡ mất token rồi", {}),  # a mishap, told
        ("sau này chuyển công tác thì phải làm gì", {"subject": "individual", "events": [Event.MOVED_WITHIN_STATE]}),
        ("token mất rồi, giờ làm sao", {}),
        ("token không mất, vậy làm gì tiếp", {}),
        ("nộp ở đâu", {}),
    ],
)
def test_a_question_tells_what_it_supposes_and_what_it_denies_or_states_is_not_supposed(
    said: str, supposed: dict[str, object]
) -> None:
    reading = read(said, load_language("vi"))
    assert reading.supposed == supposed
    assert not reading.facts.keys() & supposed.keys()


@pytest.mark.parametrize("said", ["neu het han thi sao", "lỡ hết hạn thì làm sao", "truong hop qua han thi lam gi"])
async def test_an_end_that_is_supposed_without_its_certificate_is_answered_as_one(said: str) -> None:
    answer = await Dialogue().says("/start", "1", said)
    assert (REVOKE in answer, plain(NOT_RECORDED) in answer) == (True, True)


async def test_for_every_kind_of_certificate_what_is_the_same_is_said_once() -> None:
    talk = Dialogue()
    said = await talk.says("/start", "1", "nếu mất token thì sao")
    assert (said.count(REVOKE), said.count(LOSS), said.count(NEW_PERSON), said.count(NEW_BODY)) == (1, 1, 1, 1)
    assert plain(NOT_RECORDED) in said
    assert talk.session is not None
    assert (talk.session.answers, talk.session.understood) == ({}, None)


async def test_what_to_do_this_minute_comes_first() -> None:
    said = await Dialogue().says("/start", "1", "nếu mất token thì sao")
    assert said.index(t("Right now")) < said.index(REVOKE)
    assert "024.3773.8668" in said
    assert t("🟠 To be confirmed") in said


async def test_where_the_kind_of_certificate_is_known_the_answer_is_the_short_one_of_that_case() -> None:
    talk = Dialogue()
    said = await talk.says("/start", "1", "1", "chứng thư hết hạn thì phải làm sao")
    assert NEW_BODY in said
    assert NEW_PERSON not in said
    assert t("More under “{steps}” and “{notes}”.", steps=t("Step by step"), notes=t("Please note")) not in said
    assert t("Signs") in said
    assert talk.session is not None
    assert parse_facts(talk.session.answers) == parse_facts({"subject": Subject.ORGANISATION})


async def test_it_stands_on_what_has_happened_to_the_unit_already() -> None:
    talk = Dialogue()
    begun = ("/start", "1", "1", "cơ quan tôi sáp nhập thành cơ quan mới, dấu của cơ quan tôi được giữ lại", "1")
    said = await talk.says(*begun, "nếu mất token thì phải làm gì")
    assert LOSS in said
    assert talk.session is not None
    assert "token" not in talk.session.answers


async def test_what_the_person_has_told_is_named_where_the_answer_counts_on_it() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1", "chính cơ quan tôi giải thể", "1")
    said = await talk.says("nếu đổi tên cơ quan thì phải làm gì")
    head = next(line for line in said.splitlines() if line.startswith("Nếu "))
    assert "đã nêu" in head
    assert "giải thể" in head
    assert plain(NOT_RECORDED) not in said
    assert plain(NOT_RECORDED_BESIDE) in said


@pytest.mark.parametrize("said", ["nếu mất token mà hết hạn thì sao", "neu lo ma pin thi sao"])
async def test_a_loss_that_was_not_read_is_never_left_out_of_an_answer(said: str) -> None:
    assert plain(NOT_RECORDED) not in await Dialogue().says("/start", "1", said)


async def test_where_more_matters_than_is_usual_the_questions_come_first() -> None:
    said = await Dialogue().says("/start", "1", "1", "nếu sáp nhập thành cơ quan mới thì phải làm gì")
    assert plain(NOT_RECORDED) not in said
    assert t(AFTER_THE_QUESTIONS)[:30] in said


async def test_under_an_answer_the_open_question_is_not_explained_again() -> None:
    talk = Dialogue()
    hint, question = "hoặc token trục trặc", "Đã có thay đổi gì?"
    asked = await talk.says("/start", "1", "1")
    again = await talk.says("có mất phí không")
    assert (hint in asked, question in asked) == (True, True)
    assert (hint in again, question in again) == (False, True)


async def test_what_is_to_be_done_with_an_ended_certificate_is_said_although_its_day_is_not_known() -> None:
    talk = Dialogue()
    said = await talk.says("/start", "1", "1", "chung thu het han roi sao gio")
    assert (REVOKE in said, NEW_BODY in said) == (True, True)
    assert talk.session is not None
    assert (talk.session.told_ended, talk.session.answers.get("certificate")) == (True, None)
