"""Texts that are missing."""

from collections.abc import Iterator
from itertools import chain

from rules.checking.diagnostic import Diagnostic
from rules.pack import Pack


def missing_texts(pack: Pack) -> tuple[Diagnostic, ...]:
    """Places where a person would read nothing."""
    texts = chain(_decisions(pack), _guides(pack), _notices(pack), _questions(pack))
    return tuple(
        Diagnostic("missing-text", where, f"{what} is empty; write it in English and translate it")
        for where, what, text in texts
        if text is None or not text.strip()
    )


_Text = tuple[str, str, str | None]


def _decisions(pack: Pack) -> Iterator[_Text]:
    for table in pack.tables:
        yield f"decisions.toml: table {table.name}", "about", table.about
    for row in pack.rows.values():
        if row.actions:
            yield f"decisions.toml: row {row.id}", "reason", row.reason


def _guides(pack: Pack) -> Iterator[_Text]:
    for guide in pack.procedures.values():
        yield f"procedures.toml: {guide.procedure}", "title", guide.title
        for at, step in enumerate(guide.steps, start=1):
            yield f"procedures.toml: {guide.procedure}, step {at}", "text", step.text


def _notices(pack: Pack) -> Iterator[_Text]:
    for notice in pack.notices.values():
        yield f"notices.toml: {notice.id}", "text", notice.text


def _questions(pack: Pack) -> Iterator[_Text]:
    for question in pack.questions:
        yield f"questions.toml: {question.fact}", "text", question.text
        yield f"questions.toml: {question.fact}", "reason", question.reason
        for option in question.options:
            yield f"questions.toml: {question.fact}, option {option.value}", "label", option.label
