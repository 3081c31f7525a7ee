"""Checks that every name is defined, and defined only once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import chain

from rules.checking.diagnostic import Diagnostic
from rules.checking.places import (
    Place,
    answer_at,
    document_at,
    notice_at,
    option_at,
    procedure_at,
    question_at,
    row_at,
    table_at,
)
from rules.engine import input_domains
from rules.facts import Event
from rules.inputs import PLAIN, VARIABLES, fact_of
from rules.pack import Pack, ProcedureGuide
from rules.questions import AnswerOption
from rules.tables import AskedAction, Condition, Row, Table, Value
from rules.texts import N_, format_word, join_words, sentence


def unknown_names(pack: Pack) -> tuple[Diagnostic, ...]:
    """Report unknown inputs, values, results, procedures, variants, notices and answers, and repeated names."""
    return tuple(chain(_find_repeated(pack), _tables(pack), _procedures(pack), _notices(pack), _questions(pack)))


def _find_repeated(pack: Pack) -> Iterator[Diagnostic]:
    tables = Counter(table.name for table in pack.tables)
    rows = Counter(row.id for table in pack.tables for row in table.rows)
    for place, counts in ((table_at, tables), (row_at, rows)):
        for name in (name for name, count in counts.items() if count > 1):
            yield Diagnostic("repeated-name", place(name), sentence(N_("stands twice; rename one")), True)
    answers = Counter((answer.ask, answer.named) for answer in pack.answers)
    steps = Counter((guide.procedure, step.id) for guide in pack.procedures.values() for step in guide.steps if step.id)
    twice = [answer_at(*name) for name, count in answers.items() if count > 1]
    for where in (*twice, *(procedure_at(": ".join(name)) for name, count in steps.items() if count > 1)):
        yield Diagnostic("repeated-name", where, sentence(N_("stands twice; rename one")), True)


def _tables(pack: Pack) -> Iterator[Diagnostic]:
    domains = input_domains(pack)
    known = set(PLAIN) | set(pack.flags)
    results = {table.gives for table in pack.tables}
    for table in pack.tables:
        where = table_at(table.name)
        for name in dict.fromkeys((*table.applies, *table.inputs)):
            if name not in known:
                yield _unknown_input(where, name, results)
        yield from _conditions(where, table.applies, domains)
        for row in table.rows:
            yield from _row(table, row, domains)
        if table.gives is not None:
            known.add(table.gives)


def _unknown_input(where: Place, name: str, results: AbstractSet[str | None]) -> Diagnostic:
    if name in results:
        early = N_("{name} is given by a table further down; move that table above")
        return Diagnostic("too-early", where, sentence(early, name=name), True)
    unknown = N_("{name} is no fact, no flag and no result; correct it or add the flag")
    return Diagnostic("unknown-input", where, sentence(unknown, name=name), True)


def _row(table: Table, row: Row, domains: dict[str, tuple[Value, ...]]) -> Iterator[Diagnostic]:
    where = row_at(row.id)
    unlisted = [name for name in row.when if name not in table.inputs]
    if unlisted:
        message = sentence(N_("asks {names}, not an input of its table; add it to inputs"), names=join_words(unlisted))
        yield Diagnostic("unlisted-input", where, message, True)
    yield from _conditions(where, row.when, domains)
    if (row.result is None) != (table.gives is None):
        message = sentence(N_("a row has a result exactly where its table gives one; add or drop it"))
        yield Diagnostic("result", where, message, True)


def _conditions(where: Place, condition: Condition, domains: dict[str, tuple[Value, ...]]) -> Iterator[Diagnostic]:
    never = N_("{name} is never {value}; allowed: {allowed}")
    for name, values in condition.items():
        allowed = domains.get(name, values)
        for value in values:
            # Booleans are compared with "is", because in Python True equals 1.
            if not any(value == one and isinstance(value, bool) is isinstance(one, bool) for one in allowed):
                message = sentence(never, name=name, value=format_word(value), allowed=join_words(allowed))
                yield Diagnostic("unknown-value", where, message, True)


def _procedures(pack: Pack) -> Iterator[Diagnostic]:
    for row in pack.rows.values():
        for asked in row.actions:
            yield from _check_asked(row_at(row.id), asked, pack.procedures.get(asked.procedure))
    for procedure in pack.procedures:
        if procedure not in pack.settings.order:
            message = sentence(N_("is missing from order in pack.toml; add it"))
            yield Diagnostic("unordered", procedure_at(procedure), message, True)


def _check_asked(where: Place, asked: AskedAction, guide: ProcedureGuide | None) -> Iterator[Diagnostic]:
    if guide is None:
        message = sentence(N_("{procedure} is not in procedures.toml; add it"), procedure=asked.procedure)
        yield Diagnostic("unknown-procedure", where, message, True)
        return
    unknown = N_("{procedure} has no variant {variant}; known: {variants}")
    for variant in sorted(set(asked.variants) - guide.variants):
        message = sentence(
            unknown, procedure=asked.procedure, variant=variant, variants=join_words(sorted(guide.variants))
        )
        yield Diagnostic("unknown-variant", where, message, True)


def _notices(pack: Pack) -> Iterator[Diagnostic]:
    for where, names in _notice_names(pack):
        for name in names:
            if name not in pack.notices:
                message = sentence(N_("{name} is not in notices.toml; correct or add it"), name=name)
                yield Diagnostic("unknown-notice", where, message, True)


def _notice_names(pack: Pack) -> Iterator[tuple[Place, Iterable[str]]]:
    yield "pack.toml: not_yet_in_force_notice", [pack.settings.not_yet_in_force_notice]
    for row in pack.rows.values():
        yield row_at(row.id), row.notices
    for notice in pack.notices.values():
        yield notice_at(notice.id), notice.brief_unless
    for guide in pack.procedures.values():
        beside = [step.beside for step in guide.steps if step.beside is not None]
        yield procedure_at(guide.procedure), (*guide.notices, *beside)
    for document in pack.documents.values():
        yield document_at(document.number), [document.ended_notice] if document.ended_notice else []


def _questions(pack: Pack) -> Iterator[Diagnostic]:
    facts = Counter(question.fact for question in pack.questions)
    used = dict.fromkeys(name for table in pack.tables for name in (*table.applies, *table.inputs))
    needed = dict.fromkeys(
        "events" if name in pack.flags else fact_of(name) for name in used if name in PLAIN + tuple(pack.flags)
    )
    for fact in needed:
        if fact not in facts:
            message = sentence(N_("rows need {fact} and nothing asks for it; add a question"), fact=fact)
            yield Diagnostic("unasked", "questions.toml", message, True)
    for question in pack.questions:
        if facts[question.fact] > 1:
            yield Diagnostic("repeated-name", question_at(question.fact), sentence(N_("is asked twice; keep one")))
        for option in question.options:
            yield from _option(question.fact, option)


def _option(fact: str, option: AnswerOption) -> Iterator[Diagnostic]:
    allowed: tuple[Value, ...] = tuple(Event) if fact == "events" else VARIABLES.get(fact, ())
    words = {str(value).lower() for value in allowed}
    if fact != "certificate" and not option.alone and option.value not in words:
        message = sentence(
            N_("is no value of {fact}; allowed: {allowed}"), fact=fact, allowed=join_words(sorted(words))
        )
        yield Diagnostic("unknown-answer", option_at(fact, option.value), message)
