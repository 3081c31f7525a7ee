"""Names that nothing stands behind."""

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import chain

from rules.checking.diagnostic import Diagnostic
from rules.engine import input_domains
from rules.facts import Event
from rules.inputs import PLAIN, VARIABLES, fact_of
from rules.pack import Pack
from rules.questions import Option
from rules.tables import Condition, Row, Table, Value


def unknown_names(pack: Pack) -> tuple[Diagnostic, ...]:
    """Inputs, values, results, procedures, variants, notices and answers that are named and not there; and repeats."""
    return tuple(chain(_repeated(pack), _tables(pack), _procedures(pack), _notices(pack), _questions(pack)))


def _repeated(pack: Pack) -> Iterator[Diagnostic]:
    tables = Counter(table.name for table in pack.tables)
    rows = Counter(row.id for table in pack.tables for row in table.rows)
    for kind, counts in (("table", tables), ("row", rows)):
        for name in (name for name, count in counts.items() if count > 1):
            yield Diagnostic("repeated-name", f"decisions.toml: {kind} {name}", "stands twice; rename one", True)


def _tables(pack: Pack) -> Iterator[Diagnostic]:
    domains = input_domains(pack)
    known = set(PLAIN) | set(pack.flags)
    results = {table.gives for table in pack.tables}
    for table in pack.tables:
        where = f"decisions.toml: table {table.name}"
        for name in dict.fromkeys((*table.applies, *table.inputs)):
            if name not in known:
                yield _unknown_input(where, name, results)
        yield from _conditions(where, table.applies, domains)
        for row in table.rows:
            yield from _row(table, row, domains)
        if table.gives is not None:
            known.add(table.gives)


def _unknown_input(where: str, name: str, results: AbstractSet[str | None]) -> Diagnostic:
    if name in results:
        return Diagnostic("too-early", where, f"{name} is given by a table further down; move that table above", True)
    return Diagnostic(
        "unknown-input", where, f"{name} is no fact, no flag and no result; correct it or add the flag", True
    )


def _row(table: Table, row: Row, domains: dict[str, tuple[Value, ...]]) -> Iterator[Diagnostic]:
    where = f"decisions.toml: row {row.id}"
    unlisted = [name for name in row.when if name not in table.inputs]
    if unlisted:
        yield Diagnostic(
            "unlisted-input", where, f"asks {', '.join(unlisted)}, not an input of its table; add it to inputs", True
        )
    yield from _conditions(where, row.when, domains)
    if (row.result is None) != (table.gives is None):
        yield Diagnostic("result", where, "a row has a result exactly where its table gives one; add or drop it", True)


def _conditions(where: str, condition: Condition, domains: dict[str, tuple[Value, ...]]) -> Iterator[Diagnostic]:
    for name, values in condition.items():
        allowed = domains.get(name, values)
        for value in values:
            # "is" for truth values: in Python true equals 1
            if not any(value == one and isinstance(value, bool) is isinstance(one, bool) for one in allowed):
                yield Diagnostic("unknown-value", where, f"{name} is never {value}; allowed: {_listed(allowed)}", True)


def _procedures(pack: Pack) -> Iterator[Diagnostic]:
    for row in pack.rows.values():
        for asked in row.actions:
            where, guide = f"decisions.toml: row {row.id}", pack.procedures.get(asked.procedure)
            if guide is None:
                yield Diagnostic(
                    "unknown-procedure", where, f"{asked.procedure} is not in procedures.toml; add it", True
                )
                continue
            for variant in set(asked.variants) - guide.variants:
                message = f"{asked.procedure} has no variant {variant}; known: {_listed(sorted(guide.variants))}"
                yield Diagnostic("unknown-variant", where, message, True)
    for procedure in pack.procedures:
        if procedure not in pack.settings.order:
            yield Diagnostic(
                "unordered", f"procedures.toml: {procedure}", "is missing from order in pack.toml; add it", True
            )


def _notices(pack: Pack) -> Iterator[Diagnostic]:
    for where, names in _notice_names(pack):
        for name in names:
            if name not in pack.notices:
                yield Diagnostic("unknown-notice", where, f"{name} is not in notices.toml; correct or add it", True)


def _notice_names(pack: Pack) -> Iterator[tuple[str, Iterable[str]]]:
    yield "pack.toml: not_yet_in_force_notice", [pack.settings.not_yet_in_force_notice]
    for row in pack.rows.values():
        yield f"decisions.toml: row {row.id}", row.notices
    for guide in pack.procedures.values():
        beside = [step.beside for step in guide.steps if step.beside is not None]
        yield f"procedures.toml: {guide.procedure}", (*guide.notices, *beside)
    for document in pack.documents.values():
        yield f"documents.toml: {document.number}", [document.ended_notice] if document.ended_notice else []


def _questions(pack: Pack) -> Iterator[Diagnostic]:
    facts = Counter(question.fact for question in pack.questions)
    used = dict.fromkeys(name for table in pack.tables for name in (*table.applies, *table.inputs))
    needed = dict.fromkeys(
        "events" if name in pack.flags else fact_of(name) for name in used if name in PLAIN + tuple(pack.flags)
    )
    for fact in needed:
        if fact not in facts:
            yield Diagnostic(
                "unasked", "questions.toml", f"rows need {fact} and nothing asks for it; add a question", True
            )
    for question in pack.questions:
        if facts[question.fact] > 1:
            yield Diagnostic("repeated-name", f"questions.toml: {question.fact}", "is asked twice; keep one")
        for option in question.options:
            yield from _option(question.fact, option)


def _option(fact: str, option: Option) -> Iterator[Diagnostic]:
    allowed: tuple[Value, ...] = tuple(Event) if fact == "events" else VARIABLES.get(fact, ())
    words = {str(value).lower() for value in allowed}
    if fact != "certificate" and not option.alone and option.value not in words:
        where = f"questions.toml: {fact}, option {option.value}"
        yield Diagnostic("unknown-answer", where, f"is no value of {fact}; allowed: {_listed(sorted(words))}")


def _listed(values: Iterable[Value]) -> str:
    return ", ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values) or "none"
