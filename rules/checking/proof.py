"""Proves completeness and uniqueness by trying every combination of a table's inputs that some facts can reach."""

from collections.abc import Iterator, Mapping
from itertools import chain

from rules.checking.diagnostic import Diagnostic
from rules.checking.places import notice_at, procedure_at, question_at, row_at, table_at
from rules.diagram import Node
from rules.engine import Engine, engine_of, match_rows
from rules.functions import Functions
from rules.inputs import VARIABLES, fact_of
from rules.pack import Pack
from rules.tables import Row, Table, Value
from rules.texts import N_, format_word, join_words, sentence


def find_unproved(pack: Pack) -> tuple[Diagnostic, ...]:
    """Report gaps, overlaps, unreachable rows and values, results without a value, and unused questions and texts."""
    engine = engine_of(pack)
    return tuple(
        chain(
            *(_hits(engine, table) for table in pack.tables),
            _dead(pack, engine.functions),
            _dead_values(pack, engine.functions),
            _valueless(pack, engine.functions),
            _results_given_twice(pack, engine.functions),
            _find_unneeded(pack, engine.functions),
            _find_unused(pack),
        )
    )


def _hits(engine: Engine, table: Table) -> Iterator[Diagnostic]:
    """Yield one diagnostic per set of rows that match together, with the facts of one example."""
    names = dict.fromkeys((*table.applies, *table.inputs))
    inputs = {name: table.applies.get(name, engine.domains[name]) for name in names}
    reported: set[int] = set()
    for values, matching in match_rows(table, inputs):
        if matching.bit_count() == 1 or matching in reported:
            continue
        given = dict(zip(names, values, strict=True))
        example = _example(engine.functions, given)
        if example is None:
            continue
        if matching:
            reported.add(matching)
            rows = tuple(row for at, row in enumerate(table.rows) if matching >> at & 1)
            yield _overlap(rows, example)
        else:
            yield _gap(table, given, example)


def _gap(table: Table, given: Mapping[str, Value], example: str) -> Diagnostic:
    inputs = join_words(f"{name} = {format_word(given[name])}" for name in table.inputs)
    gap = N_("no row matches {inputs} (such as {example}); add a row or widen one")
    return Diagnostic("gap", table_at(table.name), sentence(gap, inputs=inputs, example=example))


def _overlap(rows: tuple[Row, ...], example: str) -> Diagnostic:
    others = join_words(row.id for row in rows[1:])
    overlap = N_("matches together with {rows} (such as {example}); narrow one of them")
    return Diagnostic("overlap", row_at(rows[0].id), sentence(overlap, rows=others, example=example))


def _example(functions: Functions, given: Mapping[str, Value]) -> str | None:
    """Return facts that lead to these inputs, or ``None`` if none do."""
    reached: Node = functions.diagram.every(functions.inputs[name][value] for name, value in given.items())
    found = functions.diagram.witness(reached)
    if found is None:
        return None
    names = list(VARIABLES)
    known = {names[level]: VARIABLES[names[level]][value] for level, value in found.items()}
    events = [name.removeprefix("event:") for name, value in known.items() if name.startswith("event:") and value]
    plain = [f"{name} = {format_word(value)}" for name, value in known.items() if not name.startswith("event:")]
    return ", ".join([*plain, f"events = [{', '.join(events)}]"])


def _dead(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    for table in pack.tables:
        for row in table.rows:
            if functions.diagram.witness(functions.rows[row.id]) is None:
                dead = N_("no facts ever reach it in table {table}; drop it or widen its conditions")
                yield Diagnostic("dead-row", row_at(row.id), sentence(dead, table=table.name))


def _dead_values(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    dead = N_("{name} is never {value} where this row is read; leave the value out")
    for row in pack.rows.values():
        reached = functions.rows[row.id]
        for name, values in row.when.items():
            for value in values:
                here = functions.diagram.both(reached, functions.inputs[name][value])
                if len(values) > 1 and functions.diagram.witness(here) is None:
                    yield Diagnostic("dead-value", row_at(row.id), sentence(dead, name=name, value=format_word(value)))


def _valueless(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    for name in dict.fromkeys(table.gives for table in pack.tables if table.gives):
        applies = [functions.applies[table.name] for table in pack.tables if table.gives == name]
        elsewhere = functions.diagram.negate(functions.diagram.some(applies))
        if name not in pack.defaults and functions.diagram.witness(elsewhere) is not None:
            unset = N_("{name} has no value where none of its tables applies; add it to [defaults]")
            yield Diagnostic("no-default", "decisions.toml: defaults", sentence(unset, name=name))


def _results_given_twice(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    twice = N_("gives {name} where {other} gives it too; keep their applies apart")
    givers = [table for table in pack.tables if table.gives]
    for at, table in enumerate(givers):
        for other in givers[at + 1 :]:
            both = functions.diagram.both(functions.applies[table.name], functions.applies[other.name])
            if table.gives == other.gives and functions.diagram.witness(both) is not None:
                message = sentence(twice, name=table.gives, other=other.name)
                yield Diagnostic("given-twice", table_at(table.name), message)


def _find_unneeded(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    names = list(VARIABLES)
    everything = [range(len(values)) for values in VARIABLES.values()]
    changing = {fact_of(names[level]) for level in functions.diagram.support(functions.visible, everything)}
    for question in pack.questions:
        if question.fact not in changing:
            message = sentence(N_("no row needs the answer; drop the question or use it in a row"))
            yield Diagnostic("unneeded-question", question_at(question.fact), message)


def _find_unused(pack: Pack) -> Iterator[Diagnostic]:
    asked = {
        (action.procedure, variant)
        for row in pack.rows.values()
        for action in row.actions
        for variant in action.variants
    }
    for guide in pack.procedures.values():
        for variant in sorted(guide.variants):
            if (guide.procedure, variant) not in asked:
                unused = N_("no row asks for the variant {variant}; drop it or ask for it")
                yield Diagnostic("unused-text", procedure_at(guide.procedure), sentence(unused, variant=variant))
    for name in sorted(pack.notices.keys() - _notices_shown(pack)):
        message = sentence(N_("nothing shows it; drop it or name it in a row"))
        yield Diagnostic("unused-text", notice_at(name), message)


def _notices_shown(pack: Pack) -> set[str]:
    rows = {notice for row in pack.rows.values() for notice in row.notices}
    guides = {notice for guide in pack.procedures.values() for notice in guide.notices}
    ended = {document.ended_notice for document in pack.documents.values() if document.ended_notice}
    return rows | guides | ended | {pack.settings.not_yet_in_force_notice}
