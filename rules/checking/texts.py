"""Checks that no text is missing."""

from collections.abc import Iterator
from itertools import chain

from rules.checking.diagnostic import Diagnostic
from rules.checking.places import (
    Place,
    answer_at,
    notice_at,
    option_at,
    procedure_at,
    question_at,
    row_at,
    step_at,
    table_at,
)
from rules.pack import Pack
from rules.texts import N_, sentence


def missing_texts(pack: Pack) -> tuple[Diagnostic, ...]:
    """Report every place whose text is empty."""
    texts = chain(_decisions(pack), _guides(pack), _notices(pack), _questions(pack), _answers(pack))
    empty = N_("{key} is empty; write it in English and translate it")
    return tuple(
        Diagnostic("missing-text", where, sentence(empty, key=key))
        for where, key, text in texts
        if text is None or not text.strip()
    )


_Text = tuple[Place, str, str | None]


def _decisions(pack: Pack) -> Iterator[_Text]:
    for table in pack.tables:
        yield table_at(table.name), "about", table.about
    for row in pack.rows.values():
        if row.actions:
            yield row_at(row.id), "reason", row.reason


def _guides(pack: Pack) -> Iterator[_Text]:
    for guide in pack.procedures.values():
        yield procedure_at(guide.procedure), "title", guide.title
        for at, step in enumerate(guide.steps, start=1):
            yield step_at(guide.procedure, at), "text", step.text


def _notices(pack: Pack) -> Iterator[_Text]:
    for notice in pack.notices.values():
        yield notice_at(notice.id), "text", notice.text


def _questions(pack: Pack) -> Iterator[_Text]:
    for question in pack.questions:
        yield question_at(question.fact), "text", question.text
        yield question_at(question.fact), "reason", question.reason
        yield question_at(question.fact), "unsure", question.unsure
        for option in question.options:
            yield option_at(question.fact, option.value), "label", option.label


def _answers(pack: Pack) -> Iterator[_Text]:
    for answer in pack.answers:
        yield answer_at(answer.ask, answer.named), "text", answer.text
