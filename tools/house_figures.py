"""Print figures of the source code, and fail if one of them has become worse than its bound.

The Python files of ``ROOMS`` are counted, all of them and those without ``LATER_ROOMS``. Imports below
``TYPE_CHECKING`` and inside functions count too, because a reader has to follow them all the same. The source is
parsed, never imported.

Usage: ``python -m tools.house_figures [FOLDER]``.
"""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOMS = ("bot", "handlers")
#: What came after the goals were set: forms, dossiers, the web, Zalo, e-mail, the offices that admins set, several
#: channels of one person and an operator's tools, with what came along with them.
LATER_ROOMS = (
    *("bot.forms", "bot.pdf", "bot.cli.forms", "bot.delivery.form_making", "handlers.forms", "handlers.model.forms"),
    *("bot.dossier", "bot.cli.dossier", "bot.delivery.dossier_maker", "bot.services.dossiers", "bot.store.dossiers"),
    *("handlers.dossier", "handlers.model.dossier", "handlers.model.unit_today", "handlers.testing.dossiers"),
    *("bot.web.answers", "bot.web.desk", "bot.web.links", "bot.pages", "bot.channels.web", "bot.channels.file_links"),
    *("bot.services.links", "bot.services.sign_in", "bot.store.links", "bot.store.web_chat"),
    *("bot.channels.zalo", "bot.cli.zalo", "bot.store.zalo", "bot.store.channel_use"),
    *("handlers.offices", "handlers.model.offices", "bot.store.offices"),
    *("bot.channels.email", "bot.cli.email", "bot.store.email", "handlers.email"),
    *("bot.store.page_exports", "handlers.model.taking_back", "bot.units.list_worker"),
    *("handlers.channels", "handlers.testing.channels", "bot.services.channels"),
    *("bot.store.person_channels", "bot.preview.channel_walks"),
    *("bot.cli.backup", "bot.cli.doctor", "bot.services.backups", "bot.services.moving", "bot.services.postgres_dump"),
    *("bot.services.upkeep", "bot.store.upkeep", "bot.store.contents", "bot.delivery.watch"),
    *("bot.store.drivers.nats", "bot.store.drivers.signals", "bot.store.batches"),
)
LONG_FILE = 350
LONG_FUNCTION = 40

Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, its parsed source, and whether it is the ``__init__`` of a folder."""

    name: str
    tree: ast.Module
    lines: int
    is_package: bool

    @property
    def package(self) -> str:
        """Return the package from which relative imports of this file start."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


@dataclass(frozen=True)
class House:
    """All files of the rooms, with the figures that are measured on them."""

    modules: Mapping[str, Module]

    @cached_property
    def imports(self) -> Graph:
        """Return the files that each file imports."""
        return {name: frozenset(self._imports_of(module)) - {name} for name, module in self.modules.items()}

    def without(self, rooms: Iterable[str]) -> "House":
        """Return the house without these files and folders, named as modules."""
        gone = tuple(f"{room}." for room in rooms)
        kept = {name: module for name, module in self.modules.items() if not f"{name}.".startswith(gone)}
        return House(kept)

    def _imports_of(self, module: Module) -> Iterator[str]:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name in self.modules)
            elif isinstance(node, ast.ImportFrom):
                yield from self._imported_from(module, node)

    def _imported_from(self, module: Module, node: ast.ImportFrom) -> Iterator[str]:
        source = _absolute(module, node)
        for alias in node.names:
            submodule = f"{source}.{alias.name}"
            if submodule in self.modules:
                yield submodule
            elif source in self.modules:
                yield source

    @cached_property
    def file_circles(self) -> list[list[str]]:
        """Return the groups of files in which every file leads to every other."""
        return circles(self.imports)

    @cached_property
    def folder_circles(self) -> list[list[str]]:
        """Return the same for folders and the files beside them, level by level, without circles of files alone."""
        found = (circle for level in self._levels().values() for circle in circles(level))
        return [circle for circle in found if any(self._is_folder(name) for name in circle)]

    def _levels(self) -> dict[str, dict[str, frozenset[str]]]:
        levels: dict[str, dict[str, frozenset[str]]] = {}
        for name, targets in self.imports.items():
            for target in targets:
                level, left, right = _siblings(name, target)
                if left and right:
                    row = levels.setdefault(level, {})
                    row[left] = row.get(left, frozenset()) | {right}
        return levels

    def _is_folder(self, name: str) -> bool:
        return any(other.startswith(f"{name}.") for other in self.modules)

    def folders_in_circles(self) -> list[str]:
        """Return the folders in a circle with others of their level."""
        return [name for circle in self.folder_circles for name in circle if self._is_folder(name)]

    def half_in_files_of(self) -> int:
        """Return the size such that half of all lines lie in files of at least that size."""
        sizes = sorted((module.lines for module in self.modules.values()), reverse=True)
        passed = 0
        for size in sizes:
            passed += size
            if passed * 2 >= sum(sizes):
                return size
        return 0

    def protocols(self) -> list[str]:
        """Return every class that names ``Protocol`` among its bases."""
        return [
            f"{module.name}.{node.name}"
            for module in self.modules.values()
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef) and any(_is_protocol(base) for base in node.bases)
        ]

    def long_files(self) -> list[str]:
        """Return every file over ``LONG_FILE`` lines."""
        return [f"{module.name} ({module.lines})" for module in self.modules.values() if module.lines > LONG_FILE]

    def long_functions(self) -> list[str]:
        """Return every function over ``LONG_FUNCTION`` lines, from its ``def`` to its last line."""
        return [
            f"{module.name}.{node.name} ({_length(node)})"
            for module in self.modules.values()
            for node in ast.walk(module.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > LONG_FUNCTION
        ]


@dataclass(frozen=True)
class Figure:
    """A figure with the bounds that fail the check: of the whole house, and of the house without its later rooms."""

    title: str
    measure: Callable[[House], int]
    bound: int
    earlier: int
    at_least: bool = False
    named: Callable[[House], Iterable[str]] | None = None

    def holds(self, whole: int, earlier: int) -> bool:
        """Tell whether both values keep to their bounds."""
        pairs = ((whole, self.bound), (earlier, self.earlier))
        return all(value >= bound if self.at_least else value <= bound for value, bound in pairs)

    def row(self, whole: int, earlier: int) -> str:
        """Format one line of the print."""
        sign = ">=" if self.at_least else "<="
        said = f"{self.title:<44}{whole:>6}   bound {sign} {self.bound:<6}{earlier:>6}   bound {sign} {self.earlier:<6}"
        return said.rstrip() if self.holds(whole, earlier) else f"{said}WORSE THAN ITS BOUND"


#: Bounds of the whole are the values of today, with room for a few: lower one whenever its figure improves, and never
#: raise one without a reason.
#: Those of the house without its later rooms are the goals that were set for it.
FIGURES = (
    Figure("files", lambda house: len(house.modules), bound=380, earlier=250),
    Figure("half of the lines lie in files of at least", House.half_in_files_of, bound=275, earlier=180, at_least=True),
    Figure("imports between files", lambda house: sum(map(len, house.imports.values())), bound=2321, earlier=1500),
    Figure(
        "files in a circle",
        lambda house: sum(map(len, house.file_circles)),
        bound=0,
        earlier=0,
        named=lambda house: map(" <-> ".join, house.file_circles),
    ),
    Figure(
        "folders in a circle with their level",
        lambda house: len(house.folders_in_circles()),
        bound=0,
        earlier=0,
        named=lambda house: map(" <-> ".join, house.folder_circles),
    ),
    Figure("Protocols", lambda house: len(house.protocols()), bound=18, earlier=18, named=House.protocols),
    Figure(
        f"files over {LONG_FILE} lines",
        lambda house: len(house.long_files()),
        bound=16,
        earlier=16,
        named=House.long_files,
    ),
    Figure(
        f"functions over {LONG_FUNCTION} lines",
        lambda house: len(house.long_functions()),
        bound=0,
        earlier=0,
        named=House.long_functions,
    ),
)


def read_house(root: Path, rooms: Iterable[str] = ROOMS) -> House:
    """Parse every Python file of the rooms below ``root``."""
    paths = (path for room in rooms for path in sorted((root / room).rglob("*.py")))
    return House({module.name: module for module in (_read(root, path) for path in paths)})


def _read(root: Path, path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    parts = path.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name, ast.parse(text, filename=str(path)), len(text.splitlines()), is_package)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _siblings(name: str, target: str) -> tuple[str, str, str]:
    """Return the level at which two modules part, and the child of each there.

    A child is empty for the level's own ``__init__``.
    """
    left, right = name.split("."), target.split(".")
    shared = 0
    while shared < min(len(left), len(right)) and left[shared] == right[shared]:
        shared += 1
    return (
        ".".join(left[:shared]),
        ".".join(left[: shared + 1]) if len(left) > shared else "",
        ".".join(right[: shared + 1]) if len(right) > shared else "",
    )


def _is_protocol(base: ast.expr) -> bool:
    if isinstance(base, ast.Subscript):
        base = base.value
    return (isinstance(base, ast.Name) and base.id == "Protocol") or (
        isinstance(base, ast.Attribute) and base.attr == "Protocol"
    )


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def circles(graph: Graph) -> list[list[str]]:
    """Return the strongly connected groups of more than one node, each sorted (Kosaraju's algorithm)."""
    backward: dict[str, list[str]] = {}
    for node, targets in graph.items():
        for target in targets:
            backward.setdefault(target, []).append(node)
    found: list[list[str]] = []
    seen: set[str] = set()
    for start in reversed(_finish_order(graph)):
        group = _reach(start, backward, seen)
        if len(group) > 1:
            found.append(sorted(group))
    return sorted(found)


def _finish_order(graph: Graph) -> list[str]:
    """Return all nodes in the order in which a depth-first walk leaves them."""
    left: dict[str, None] = {}
    seen: set[str] = set()
    for start in graph:
        path = [] if start in seen else [(start, iter(graph[start]))]
        while path:
            node, following = path[-1]
            seen.add(node)
            after = next((target for target in following if target not in seen), None)
            if after is not None:
                path.append((after, iter(graph.get(after, ()))))
            else:
                path.pop()
                left[node] = None
    return list(left)


def _reach(start: str, graph: Mapping[str, Iterable[str]], seen: set[str]) -> list[str]:
    """Return the unseen nodes reachable from ``start``, itself included, and mark them as seen."""
    group, waiting = [], [start]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            group.append(node)
            waiting += graph.get(node, ())
    return group


def main(root: Path, figures: Iterable[Figure] = FIGURES, later: Iterable[str] = LATER_ROOMS) -> int:
    """Print every figure of the whole house and without its later rooms; return 1 if one is worse than its bound."""
    whole = read_house(root)
    earlier = whole.without(later)
    failed = False
    sys.stdout.write(f"{'':<44}{'whole':>6}{'':<20}{'without later rooms'}\n")
    for figure in figures:
        values = figure.measure(whole), figure.measure(earlier)
        sys.stdout.write(f"{figure.row(*values)}\n")
        if not figure.holds(*values):
            failed = True
            sys.stdout.writelines(f"    {name}\n" for name in (figure.named(whole) if figure.named else ()))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
