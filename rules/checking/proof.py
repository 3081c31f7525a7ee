"""Completeness and uniqueness, proved: every combination of a table's inputs that some facts can reach is tried."""

from collections.abc import Iterator, Mapping
from itertools import chain, product

from rules.checking.diagnostic import Diagnostic
from rules.diagram import Node
from rules.engine import Engine, engine_of, matches
from rules.functions import Functions
from rules.inputs import VARIABLES, fact_of
from rules.pack import Pack
from rules.tables import Row, Table, Value


def unproved(pack: Pack) -> tuple[Diagnostic, ...]:
    """Gaps, overlaps, dead rows and values, results without a value, questions no row needs, texts nothing shows."""
    engine = engine_of(pack)
    return tuple(
        chain(
            *(_hits(engine, table) for table in pack.tables),
            _dead(pack, engine.functions),
            _dead_values(pack, engine.functions),
            _valueless(pack, engine.functions),
            _given_twice(pack, engine.functions),
            _unneeded(pack, engine.functions),
            _unused(pack),
        )
    )


def _hits(engine: Engine, table: Table) -> Iterator[Diagnostic]:
    """One diagnostic per set of rows that matches together, with the facts of one example."""
    names = tuple(dict.fromkeys((*table.applies, *table.inputs)))
    reported: set[tuple[str, ...]] = set()
    for values in product(*(table.applies.get(name, engine.domains[name]) for name in names)):
        given = dict(zip(names, values, strict=True))
        rows = tuple(row for row in table.rows if matches(row.when, given))
        ids = tuple(row.id for row in rows)
        if len(rows) == 1 or ids in reported:
            continue
        example = _example(engine.functions, given)
        if example is not None:
            reported.update([ids] if ids else [])
            yield _overlap(rows, example) if rows else _gap(table, given, example)


def _gap(table: Table, given: Mapping[str, Value], example: str) -> Diagnostic:
    inputs = ", ".join(f"{name} = {_word(given[name])}" for name in table.inputs)
    message = f"no row matches {inputs} (such as {example}); add a row or widen one"
    return Diagnostic("gap", f"decisions.toml: table {table.name}", message)


def _overlap(rows: tuple[Row, ...], example: str) -> Diagnostic:
    others = ", ".join(row.id for row in rows[1:])
    message = f"matches together with {others} (such as {example}); narrow one of them"
    return Diagnostic("overlap", f"decisions.toml: row {rows[0].id}", message)


def _example(functions: Functions, given: Mapping[str, Value]) -> str | None:
    """Facts that lead to these inputs; ``None`` where no facts do."""
    reached: Node = functions.diagram.every(functions.inputs[name][value] for name, value in given.items())
    found = functions.diagram.witness(reached)
    if found is None:
        return None
    names = list(VARIABLES)
    known = {names[level]: VARIABLES[names[level]][value] for level, value in found.items()}
    events = [name.removeprefix("event:") for name, value in known.items() if name.startswith("event:") and value]
    plain = [f"{name} = {_word(value)}" for name, value in known.items() if not name.startswith("event:")]
    return ", ".join([*plain, f"events = [{', '.join(events)}]"])


def _word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _dead(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    for table in pack.tables:
        for row in table.rows:
            if functions.diagram.witness(functions.rows[row.id]) is None:
                message = f"no facts ever reach it in table {table.name}; drop it or widen its conditions"
                yield Diagnostic("dead-row", f"decisions.toml: row {row.id}", message)


def _dead_values(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    for row in pack.rows.values():
        reached = functions.rows[row.id]
        for name, values in row.when.items():
            for value in values:
                here = functions.diagram.both(reached, functions.inputs[name][value])
                if len(values) > 1 and functions.diagram.witness(here) is None:
                    message = f"{name} is never {_word(value)} where this row is read; leave the value out"
                    yield Diagnostic("dead-value", f"decisions.toml: row {row.id}", message)


def _valueless(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    for name in dict.fromkeys(table.gives for table in pack.tables if table.gives):
        applies = [functions.applies[table.name] for table in pack.tables if table.gives == name]
        elsewhere = functions.diagram.negate(functions.diagram.some(applies))
        if name not in pack.defaults and functions.diagram.witness(elsewhere) is not None:
            message = f"{name} has no value where none of its tables applies; add it to [defaults]"
            yield Diagnostic("no-default", "decisions.toml: defaults", message)


def _given_twice(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    givers = [table for table in pack.tables if table.gives]
    for at, table in enumerate(givers):
        for other in givers[at + 1 :]:
            both = functions.diagram.both(functions.applies[table.name], functions.applies[other.name])
            if table.gives == other.gives and functions.diagram.witness(both) is not None:
                message = f"gives {table.gives} where {other.name} gives it too; keep their applies apart"
                yield Diagnostic("given-twice", f"decisions.toml: table {table.name}", message)


def _unneeded(pack: Pack, functions: Functions) -> Iterator[Diagnostic]:
    names = list(VARIABLES)
    everything = [range(len(values)) for values in VARIABLES.values()]
    changing = {fact_of(names[level]) for level in functions.diagram.support(functions.visible, everything)}
    for question in pack.questions:
        if question.fact not in changing:
            message = "no row needs the answer; drop the question or use it in a row"
            yield Diagnostic("unneeded-question", f"questions.toml: {question.fact}", message)


def _unused(pack: Pack) -> Iterator[Diagnostic]:
    asked = {
        (action.procedure, variant)
        for row in pack.rows.values()
        for action in row.actions
        for variant in action.variants
    }
    for guide in pack.procedures.values():
        for variant in sorted(guide.variants):
            if (guide.procedure, variant) not in asked:
                message = f"no row asks for the variant {variant}; drop it or ask for it"
                yield Diagnostic("unused-text", f"procedures.toml: {guide.procedure}", message)
    for name in pack.notices.keys() - _shown(pack):
        yield Diagnostic("unused-text", f"notices.toml: {name}", "nothing shows it; drop it or name it in a row")


def _shown(pack: Pack) -> set[str]:
    rows = {notice for row in pack.rows.values() for notice in row.notices}
    guides = {notice for guide in pack.procedures.values() for notice in guide.notices}
    ended = {document.ended_notice for document in pack.documents.values() if document.ended_notice}
    return rows | guides | ended | {pack.settings.not_yet_in_force_notice}
