"""A pack prepared for deciding: tables as look-ups, and the dependence of the answer on the facts as diagrams."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any

from rules.facts import Event
from rules.functions import Functions
from rules.inputs import PLAIN, VARIABLES
from rules.pack import Pack
from rules.tables import Row, Table, Value


def match_rows(table: Table, inputs: Mapping[str, Sequence[Value]]) -> list[tuple[tuple[Value, ...], int]]:
    """Return every combination of the inputs' values with the rows of the table that match it.

    Rows are bits of a number, the first row the lowest: what a value leaves possible is the same whatever the others
    are, so that each combination costs one look at each input instead of one at each row.

    Raises:
        KeyError: A row asks for an input that is not among these.
    """
    found: list[tuple[tuple[Value, ...], int]] = [((), (1 << len(table.rows)) - 1)]
    for asked in (name for row in table.rows for name in row.when):
        inputs[asked]
    for name, values in inputs.items():
        allowed = [(value, _rows_allowing(table, name, value)) for value in values]
        found = [((*known, value), rows & left) for known, left in found for value, rows in allowed]
    return found


def _rows_allowing(table: Table, name: str, value: Value) -> int:
    return sum(1 << at for at, row in enumerate(table.rows) if name not in row.when or value in row.when[name])


@dataclass(frozen=True, slots=True)
class _Lookup:
    """A table as a look-up from the values of its inputs to a row; there is no entry where it does not apply."""

    key: Callable[[Sequence[Any]], Any]
    rows: dict[Any, Row]
    gives: int | None  #: position of the table's result


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
        for values, matching in match_rows(table, {name: self._values(table, name) for name in names}):
            if matching:
                first = (matching & -matching).bit_length() - 1
                rows[values[0] if len(names) == 1 else values] = table.rows[first]
        gives = None if table.gives is None else self._position[table.gives]
        key = itemgetter(*(self._position[name] for name in names)) if names else _no_key
        return _Lookup(key, rows, gives)

    def _values(self, table: Table, name: str) -> tuple[Value, ...]:
        return table.applies.get(name, self.domains[name])

    def fired(self, inputs: Mapping[str, Value], events: frozenset[Event]) -> tuple[Row, ...]:
        """Return the row of every table that applies, in the order of the tables.

        Args:
            inputs: A value for every plain variable (``rules.inputs.PLAIN``).
            events: The events.
        """
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
    def functions(self) -> Functions:
        """Return how the answer depends on the facts; it is built on first use, which takes longer than deciding."""
        return Functions(self.pack, self.domains)


def _no_key(_: Sequence[Any]) -> tuple[()]:
    """Return the empty key of a table without inputs, which always applies."""
    return ()


def input_domains(pack: Pack) -> dict[str, tuple[Value, ...]]:
    """Return the possible values of every input of a table: plain variables, flags, and results of tables."""
    domains = {name: VARIABLES[name] for name in PLAIN}
    domains |= dict.fromkeys(pack.flags, (False, True))
    results: dict[str, dict[str, None]] = {}
    for table in pack.tables:
        if table.gives is not None:
            start = {pack.defaults[table.gives]: None} if table.gives in pack.defaults else {}
            results.setdefault(table.gives, start).update({row.result: None for row in table.rows if row.result})
    return domains | {name: tuple(values) for name, values in results.items()}


@lru_cache(maxsize=16)
def engine_of(pack: Pack) -> Engine:
    """Return the prepared pack; it is cached for each pack."""
    return Engine(pack)
