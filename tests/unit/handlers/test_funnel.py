"""At which step a conversation stands, for the numbers of the operator."""

from datetime import date

import pytest

from handlers.core import RequestDraft, ScreenPosition, Session
from handlers.interview import format_funnel, sort_steps, stopping_step
from locales import translator
from tests.support.dialogue import NOW, Dialogue, pack

TODAY = date(2026, 11, 23)
AGREED = Session(consented_at=NOW, screen="question")


@pytest.mark.parametrize(
    ("session", "step"),
    [
        (Session(), "consent"),
        (AGREED, "question:subject"),
        (AGREED.with_screen("unit"), "unit"),
        (AGREED.with_screen("certificate"), "certificate"),
        (AGREED.with_screen("stopped", came_from=ScreenPosition(screen="unit")), "unit"),
        (AGREED.with_changes(registered_key="A"), "registered"),
    ],
)
def test_a_conversation_stands_at_the_step_that_is_open(session: Session, step: str) -> None:
    assert stopping_step(session, pack(), TODAY) == step


async def test_answer_form_and_confirmation_are_told_apart() -> None:
    talk = Dialogue()
    await talk.says("/start", "dong y", "2", "1")
    assert talk.session is not None
    answered = talk.session.with_changes(answers={"subject": "individual", "events": []})
    drafted = answered.with_screen("form", draft=RequestDraft(fields={"subscriber": "x"}))
    steps = {stopping_step(one, pack(), TODAY) for one in (answered, drafted, drafted.with_screen("confirm"))}
    assert steps <= {"answer", "field:unit", "confirm"} | {f"question:{q.fact}" for q in pack().questions}
    assert "confirm" in steps


def test_the_steps_come_in_the_order_of_a_conversation_and_in_words() -> None:
    counts = {"registered": 3, "question:events": 2, "answer": 1, "consent": 5, "field:unit": 4}

    assert sort_steps(counts, pack()) == ["consent", "question:events", "answer", "field:unit", "registered"]
    told = format_funnel(translator("vi"), counts, pack())
    assert [number for _, number in told] == [5, 2, 1, 4, 3]
    assert told[1][0].startswith("câu hỏi: ")
