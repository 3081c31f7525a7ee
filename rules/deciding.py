"""Decides by a pack. All functions are pure: the day is passed in and nothing is read."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import cast

from rules.assembling import assemble
from rules.engine import engine_of
from rules.facts import Event, Facts
from rules.inputs import PLAIN, VARIABLES, fact_of, known_inputs, roles_for
from rules.outcome import Decided, Needs, Notice, Outcome
from rules.pack import Pack
from rules.questions import Question
from rules.tables import Row, Value

_Known = tuple[Value | None, ...]


def decide(pack: Pack, facts: Facts, today: date) -> Outcome:
    """Decide the facts by the pack. Never raises for a valid ``Facts``.

    Events that are impossible for the kind of subscriber are answered too, with the advice to check them. A merger role
    that fits none of the named mergers counts as not answered.

    Args:
        pack: The rule pack.
        facts: The facts known so far.
        today: The day in Viet Nam on which the decision is made.

    Returns:
        ``Decided`` if every fact that matters is known, else ``Needs`` with the missing ones.
    """
    inputs = known_inputs(pack, facts, today)
    if None in inputs.values() or facts.events is None:
        missing = needs(pack, facts, today)
        if missing:
            return Needs(missing)
        # Unknown facts change nothing here, so that any value of them gives the same decision.
        inputs = {name: VARIABLES[name][0] if value is None else value for name, value in inputs.items()}
    rows = engine_of(pack).fired(cast("dict[str, Value]", inputs), facts.events or frozenset())
    return _assemble(pack, tuple(row for row in rows if row.actions or row.notices), today)


def decisive_rows(pack: Pack, facts: Facts, today: date) -> tuple[Row, ...]:
    """Return the row that holds in each table that applies, in the order of the tables; none before it is decided."""
    inputs = known_inputs(pack, facts, today)
    if needs(pack, facts, today):
        return ()
    given = {name: VARIABLES[name][0] if value is None else value for name, value in inputs.items()}
    return engine_of(pack).fired(given, facts.events or frozenset())


def decisive_inputs(pack: Pack, facts: Facts, today: date, rows: Iterable[str]) -> tuple[tuple[str, Value], ...]:
    """Return what some rows of a decision rest on, in their order: names of inputs, or ``event``, with the value.

    A condition on something that did not happen, or on the result of another table, is left out.
    """
    known, events = known_inputs(pack, facts, today), facts.events or frozenset()
    tables = {row.id: table for table in pack.tables for row in table.rows}
    found: dict[tuple[str, Value], None] = {}
    for id_ in rows:
        asked = {**tables[id_].applies, **pack.rows[id_].when}
        for name, values in asked.items():
            if name in pack.flags and True in values:
                found |= dict.fromkeys(("event", event) for event in sorted(pack.flags[name] & events))
            elif name == "place" and known["merger_role"] is not None:
                found["merger_role", known["merger_role"]] = None
            elif (value := known.get(name)) is not None and value in values:
                found[name, value] = None
    return tuple(found)


@lru_cache(maxsize=8192)
def _assemble_by_ids(pack: Pack, ids: tuple[str, ...], today: date) -> Decided:
    return assemble(pack, tuple(pack.rows[id_] for id_ in ids), today)


def _assemble(pack: Pack, rows: tuple[Row, ...], today: date) -> Decided:
    return _assemble_by_ids(pack, tuple([row.id for row in rows]), today)


def needs(pack: Pack, facts: Facts, today: date) -> tuple[str, ...]:
    """Return the unknown facts that can still change the decision, in the order of the pack's questions.

    The result is exact: a fact is named if and only if two of its values give different decisions for some values of
    the other unknown facts. These are the variables of a reduced decision diagram (``rules.diagram``).

    Args:
        pack: The rule pack.
        facts: The facts known so far.
        today: The day in Viet Nam on which the decision is made.
    """
    inputs = known_inputs(pack, facts, today)
    known = tuple(inputs[name] for name in PLAIN)
    return _needs(pack, known, facts.events, frozenset(roles_for(facts)))


@lru_cache(maxsize=8192)
def _needs(pack: Pack, known: _Known, events: frozenset[Event] | None, roles: frozenset[Value]) -> tuple[str, ...]:
    functions = engine_of(pack).functions
    fixed: dict[str, Value | None] = dict(zip(PLAIN, known, strict=True))
    if events is not None:
        fixed |= {f"event:{event}": event in events for event in Event}
    allowed = [_allowed_values(name, fixed.get(name), roles) for name in VARIABLES]
    names = list(VARIABLES)
    changing = {fact_of(names[level]) for level in functions.diagram.support(functions.visible, allowed)}
    return tuple(question.fact for question in pack.questions if question.fact in changing)


def _allowed_values(name: str, value: Value | None, roles: frozenset[Value]) -> tuple[int, ...]:
    values = VARIABLES[name]
    if value is not None:
        return (values.index(value),)
    return tuple(at for at, one in enumerate(values) if name != "merger_role" or one in roles)


def next_question(pack: Pack, facts: Facts, today: date) -> Question | None:
    """Return the first question, in the pack's order, whose answer can still change the decision; else ``None``."""
    missing = needs(pack, facts, today)
    return next((question for question in pack.questions if question.fact in missing), None)


def office_notice(pack: Pack, office: str | None) -> Notice:
    """Return the notice on where to file.

    Args:
        pack: The rule pack; it must have the notice ``receiving_office``.
        office: The receiving office that the operator has set, or ``None``.

    Returns:
        The notice; with an office its text contains the placeholder ``{office}``, which the caller fills.
    """
    text = pack.notices["receiving_office"]
    return Notice(text.id, text.text_with_office if office and text.text_with_office else text.text, text.citations)
