"""Reduced ordered decision diagrams of Boolean functions over variables with a few values each.

In a reduced diagram a variable occurs exactly where the function depends on it (Bryant, "Graph-Based Algorithms for
Boolean Function Manipulation", 1986; Kam et al. for many-valued variables). The question "can this fact still change
the decision?" is therefore read off the diagram, exactly and without trying combinations.
"""

from collections.abc import Iterable, Sequence

#: A function, represented by the number of its top node.
Node = int

FALSE: Node = 0
TRUE: Node = 1


class Diagram:
    """A store of functions over one order of variables; they share nodes, and equal functions have equal numbers."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """Create a store; ``sizes`` are the numbers of values of each variable, in order."""
        self.sizes = tuple(sizes)
        self._nodes: list[tuple[int, tuple[Node, ...]]] = [(len(sizes), ()), (len(sizes), ())]
        self._unique: dict[tuple[int, tuple[Node, ...]], Node] = {}
        self._ands: dict[tuple[Node, Node], Node] = {}
        self._nots: dict[Node, Node] = {FALSE: TRUE, TRUE: FALSE}

    def __len__(self) -> int:
        return len(self._nodes)

    def _node(self, level: int, children: tuple[Node, ...]) -> Node:
        first = children[0]
        if all(child == first for child in children):
            return first
        key = (level, children)
        found = self._unique.get(key)
        if found is None:
            found = self._unique[key] = len(self._nodes)
            self._nodes.append(key)
        return found

    def one_of(self, variable: int, values: Iterable[int]) -> Node:
        """Return the function that is true where the variable has one of the values."""
        chosen = frozenset(values)
        return self._node(variable, tuple(int(value in chosen) for value in range(self.sizes[variable])))

    def negate(self, node: Node) -> Node:
        """Return the function that is true where the given one is false."""
        found = self._nots.get(node)
        if found is None:
            level, children = self._nodes[node]
            found = self._nots[node] = self._node(level, tuple(map(self.negate, children)))
        return found

    def both(self, left: Node, right: Node) -> Node:
        """Return the function that is true where both are true."""
        if right in (left, TRUE):
            return left
        if left == TRUE:
            return right
        if FALSE in (left, right):
            return FALSE
        key = (left, right) if left < right else (right, left)
        found = self._ands.get(key)
        if found is None:
            found = self._ands[key] = self._both(left, right)
        return found

    def _both(self, left: Node, right: Node) -> Node:
        (level, lefts), (other, rights) = self._nodes[left], self._nodes[right]
        top = min(level, other)
        lefts = lefts if level == top else (left,) * self.sizes[top]
        rights = rights if other == top else (right,) * self.sizes[top]
        return self._node(top, tuple(map(self.both, lefts, rights)))

    def every(self, nodes: Iterable[Node]) -> Node:
        """Return the function that is true where all are true."""
        result = TRUE
        for node in nodes:
            result = self.both(result, node)
        return result

    def some(self, nodes: Iterable[Node]) -> Node:
        """Return the function that is true where at least one is true."""
        return self.negate(self.every(map(self.negate, nodes)))

    def support(self, nodes: Iterable[Node], allowed: Sequence[Sequence[int]]) -> set[int]:
        """Return the variables that can still change one of the functions, each within its allowed values."""
        unique: dict[tuple[int, tuple[Node, ...]], Node] = {}
        seen: dict[Node, Node] = {FALSE: FALSE, TRUE: TRUE}

        def reduced(node: Node) -> Node:
            found = seen.get(node)
            if found is None:
                level, children = self._nodes[node]
                below = tuple(reduced(children[value]) for value in allowed[level])
                if all(child == below[0] for child in below):
                    found = below[0]
                else:
                    found = unique.setdefault((level, below), -1 - len(unique))
                seen[node] = found
            return found

        for node in nodes:
            reduced(node)
        return {level for level, _ in unique}

    def witness(self, node: Node) -> dict[int, int] | None:
        """Return values that make the function true, for the variables that matter; ``None`` if there are none."""
        if node == FALSE:
            return None
        values: dict[int, int] = {}
        while node != TRUE:
            level, children = self._nodes[node]
            values[level], node = next((value, child) for value, child in enumerate(children) if child != FALSE)
        return values
