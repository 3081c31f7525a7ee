"""An officer reads the rules of the own place, the fact that decided, and what a question in a hurry comes to."""

import re

import pytest

from locales import translator
from tests.support.dialogue import EXPIRED, Dialogue, make_certificate, nhon_trach, open_dialogue

t = translator("vi")
LETTER = "08/5/2025"
ELSEWHERE = {"superior": "BỘ TÀI CHÍNH", "locality": "Hà Nội"}


async def answer_for(name: str, **changes: object) -> tuple[Dialogue, str]:
    """Return the answer after a merger into a new body, in which this certificate is the one kept."""
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1")
    await talk.sends(make_certificate(name, **changes))
    await talk.says("1", "bo qua", "1", "1")
    return talk, await talk.says("1")


@pytest.mark.parametrize(
    ("name", "changes", "cited"),
    [
        ("UBND XÃ ĐẠI PHƯỚC", {}, True),
        ("TRƯỜNG TIỂU HỌC A", {"superior": "UBND HUYỆN NHƠN TRẠCH"}, True),
        ("TỔNG CỤC THUẾ", ELSEWHERE, False),
        ("TRƯỜNG TIỂU HỌC A", {"superior": "UBND HUYỆN CẨM MỸ"}, False),
    ],
)
async def test_the_papers_of_a_district_are_cited_to_its_own_bodies_only(
    name: str, changes: dict[str, object], cited: bool
) -> None:
    talk, text = await answer_for(name, **changes)
    whole = text + await talk.says("vi sao") + await talk.says("luu y")
    assert (LETTER in whole) == (LETTER in text) == cited
    assert cited or "Nhơn Trạch" not in whole
    assert cited or "UBND-VX" not in whole


async def test_the_first_line_says_which_fact_decided() -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    await talk.sends(make_certificate(**EXPIRED))
    await talk.says("1")
    text = await talk.says("doi cap tren", "1")
    assert t("certificate expired") in text.splitlines()[0]


@pytest.mark.parametrize("typed", ["em quen pin thi mo o dau", "mat ma pin lam sao lay lai", "quen pin phai lam sao"])
async def test_a_forgotten_pin_inside_a_question_is_answered_for_a_locked_token(typed: str) -> None:
    talk = Dialogue()
    text = await talk.says("/start", "1", typed)
    assert "Mẫu 06" in text


async def test_an_end_that_is_near_has_a_definite_answer() -> None:
    talk = Dialogue()
    text = await talk.says("/start", "1", "chung thu sap het han thi sao")
    assert t("<b>the certificate is near its end</b>") in text
    assert t("Extend the certificate") in text or "Gia hạn chứng thư" in text
    assert "certificate" not in talk.answers


async def test_a_question_about_a_merger_is_answered_by_case_and_the_merger_said_back() -> None:
    talk = Dialogue()
    text = await talk.says("/start", "1", "xa toi sap nhap roi co phai doi chung thu khong")
    assert t("After a merger it depends on whose certificate it is and which one is kept:") in text
    assert "Mẫu 04" in text
    assert "Mẫu 05" in text
    assert "đã sáp nhập" in text
    marks = re.findall(r"(?:\[\d+\])+", text)
    assert marks == ["".join(sorted(re.findall(r"\[\d+\]", mark))) for mark in marks]
    assert talk.labels[0] == t("That is right")


@pytest.mark.parametrize("typed", ["vi sao", "Vì sao vậy?", "tai sao hoi vay", "sao lai hoi cau nay"])
async def test_why_at_a_question_is_answered_and_taken_for_no_choice(typed: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    text = await talk.says(typed)
    assert t("Why I ask") in text
    assert not talk.answers
    assert await talk.says("/visao") == text


async def test_an_end_that_was_told_is_not_said_to_be_left_out_and_noted_at_once() -> None:
    talk = Dialogue()
    text = await talk.says("/start", "1", "chung thu het han roi sao")
    assert "Mẫu 05" in text
    assert "ghi nhận" in text
    assert "chưa ghi" not in text
