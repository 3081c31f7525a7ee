"""The conditions of rows and inputs as functions of the facts, from which proofs and the next question are derived."""

from collections.abc import Mapping

from rules.diagram import FALSE, Diagram, Node
from rules.facts import Event
from rules.inputs import PLAIN, VARIABLES
from rules.pack import Pack
from rules.tables import Condition, Table, Value


class Functions:
    """The functions of a pack as diagrams: when each row fires, and when each input has which value."""

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
        """Return the function that is true where a condition holds."""
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
        """Set the result of a table where it applies; elsewhere its previous value stays."""
        results = self.inputs[table.gives or ""]
        elsewhere = self.diagram.negate(applies)
        for value, before in results.items():
            here = self.diagram.some(self.rows[row.id] for row in table.rows if row.result == value)
            results[value] = self.diagram.some((here, self.diagram.both(elsewhere, before)))

    def _visible(self, pack: Pack) -> tuple[Node, ...]:
        """Return the functions that the reader can see: each acting row, and each notice whichever row gives it."""
        acting = [self.rows[row.id] for row in pack.rows.values() if row.actions]
        notifying: dict[str, list[Node]] = {}
        for row in pack.rows.values():
            for notice in row.notices:
                notifying.setdefault(notice, []).append(self.rows[row.id])
        return (*acting, *(self.diagram.some(nodes) for nodes in notifying.values()))
