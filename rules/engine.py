"""A pack made ready to decide with: tables as look-ups, and what each answer depends on as diagrams."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from operator import itemgetter
from typing import Any

from rules.diagram import FALSE, Diagram, Node
from rules.facts import Event
from rules.inputs import PLAIN, VARIABLES
from rules.pack import Condition, Pack, Row, Table, Value


def matches(condition: Condition, values: Mapping[str, Value]) -> bool:
    """Whether every input named has one of the values named."""
    return all(values[name] in allowed for name, allowed in condition.items())


@dataclass(frozen=True, slots=True)
class _Lookup:
    """A table as a look-up from the values of its inputs to its row; nothing where it does not apply."""

    key: Callable[[Sequence[Any]], Any]
    rows: dict[Any, Row]
    gives: int | None  #: position of its result


class Engine:
    """Everything derived from a pack."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.domains = input_domains(pack)
        self._position = {name: position for position, name in enumerate(self.domains)}
        self._lookups = tuple(self._lookup(table) for table in pack.tables)
        self._defaults = [pack.defaults.get(name) for name in self.domains if name not in PLAIN + tuple(pack.flags)]
        self._flags = lru_cache(maxsize=4096)(self._flags_of)

    def _flags_of(self, events: frozenset[Event]) -> list[Value]:
        return [bool(events & of) for of in self.pack.flags.values()]

    def _lookup(self, table: Table) -> _Lookup:
        names = tuple(dict.fromkeys((*table.applies, *table.inputs)))
        rows: dict[Any, Row] = {}
        for values in product(*(self._values(table, name) for name in names)):
            given = dict(zip(names, values, strict=True))
            for row in table.rows:
                if matches(row.when, given):
                    rows.setdefault(values[0] if len(names) == 1 else values, row)
        gives = None if table.gives is None else self._position[table.gives]
        key = itemgetter(*(self._position[name] for name in names)) if names else _no_key
        return _Lookup(key, rows, gives)

    def _values(self, table: Table, name: str) -> tuple[Value, ...]:
        return table.applies.get(name, self.domains[name])

    def fired(self, inputs: Mapping[str, Value], events: frozenset[Event]) -> tuple[Row, ...]:
        """The row of every table that applies. ``inputs`` holds every plain variable."""
        values = [inputs[name] for name in PLAIN] + self._flags(events) + self._defaults
        fired = []
        for lookup in self._lookups:
            row = lookup.rows.get(lookup.key(values))
            if row is not None:
                fired.append(row)
                if lookup.gives is not None:
                    values[lookup.gives] = row.result
        return tuple(fired)

    @cached_property
    def functions(self) -> "Functions":
        """What the answers depend on; built on first use, it takes longer than deciding."""
        return Functions(self.pack, self.domains)


def _no_key(_: Sequence[Any]) -> tuple[()]:
    """The key of a table without inputs, which always applies."""
    return ()


def input_domains(pack: Pack) -> dict[str, tuple[Value, ...]]:
    """Every input a table may name, with its values: plain variables, flags, results of tables."""
    domains = {name: VARIABLES[name] for name in PLAIN}
    domains |= dict.fromkeys(pack.flags, (False, True))
    results: dict[str, dict[str, None]] = {}
    for table in pack.tables:
        if table.gives is not None:
            start = {pack.defaults[table.gives]: None} if table.gives in pack.defaults else {}
            results.setdefault(table.gives, start).update({row.result: None for row in table.rows if row.result})
    return domains | {name: tuple(values) for name, values in results.items()}


class Functions:
    """When each row fires, when each input has which value: functions of the facts, as diagrams."""

    def __init__(self, pack: Pack, domains: Mapping[str, tuple[Value, ...]]) -> None:
        self.diagram = Diagram([len(values) for values in VARIABLES.values()])
        self.level = {name: level for level, name in enumerate(VARIABLES)}
        self.inputs: dict[str, dict[Value, Node]] = {name: self._plain(name) for name in PLAIN}
        self.inputs |= {name: self._flag(events) for name, events in pack.flags.items()}
        self.inputs |= {
            name: self._unset(pack, name, values) for name, values in domains.items() if name not in self.inputs
        }
        self.rows: dict[str, Node] = {}
        self.applies: dict[str, Node] = {}
        for table in pack.tables:
            self._add(table)
        self.visible = self._visible(pack)

    def _plain(self, name: str) -> dict[Value, Node]:
        level = self.level[name]
        return {value: self.diagram.one_of(level, [at]) for at, value in enumerate(VARIABLES[name])}

    def _flag(self, events: frozenset[Event]) -> dict[Value, Node]:
        happened = self.diagram.some(self.diagram.one_of(self.level[f"event:{event}"], [1]) for event in events)
        return {True: happened, False: self.diagram.negate(happened)}

    def _unset(self, pack: Pack, name: str, values: tuple[Value, ...]) -> dict[Value, Node]:
        default = pack.defaults.get(name)
        return {value: self.diagram.every(()) if value == default else FALSE for value in values}

    def holds(self, condition: Condition) -> Node:
        """When a condition holds."""
        some = self.diagram.some
        return self.diagram.every(
            some(self.inputs[name][value] for value in values) for name, values in condition.items()
        )

    def _add(self, table: Table) -> None:
        applies = self.applies[table.name] = self.holds(table.applies)
        for row in table.rows:
            self.rows[row.id] = self.diagram.both(applies, self.holds(row.when))
        if table.gives is not None:
            self._give(table, applies)

    def _give(self, table: Table, applies: Node) -> None:
        """Where the table applies its rows say the result; elsewhere it stays what it was."""
        results = self.inputs[table.gives or ""]
        elsewhere = self.diagram.negate(applies)
        for value, before in results.items():
            here = self.diagram.some(self.rows[row.id] for row in table.rows if row.result == value)
            results[value] = self.diagram.some((here, self.diagram.both(elsewhere, before)))

    def _visible(self, pack: Pack) -> tuple[Node, ...]:
        """Rows that act are seen in the answer one by one; rows that only notify are seen by their notice."""
        acting = [self.rows[row.id] for row in pack.rows.values() if row.actions]
        notifying: dict[str, list[Node]] = {}
        for row in pack.rows.values():
            for notice in row.notices:
                notifying.setdefault(notice, []).append(self.rows[row.id])
        return (*acting, *(self.diagram.some(nodes) for nodes in notifying.values()))


@lru_cache(maxsize=16)
def engine_of(pack: Pack) -> Engine:
    """The pack made ready, once."""
    return Engine(pack)
