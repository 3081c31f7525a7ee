"""Deals tests to the workers of a run: which run one after the other in the same worker, and which begin first."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pytest

#: Modules whose tests look at one result that is made once per process, beside those with a fixture for the module.
_TOGETHER = (
    "tests/corpus/test_peers.py",
    "tests/corpus/test_cryptography_vectors.py",
    "tests/integration/demo/test_database.py",
    "tests/unit/repository/test_exported_names.py",
    "tests/unit/repository/test_journeys.py",
    "tests/unit/rules/test_checking.py",
    "tests/unit/rules/test_layers.py",
)
_SHARED_FIXTURE = 'scope="module"'
#: Modules that look at the same walks through every screen.
_WALKING = (
    "tests/unit/cli/test_commands.py",
    "tests/unit/repository/test_completeness.py",
    "tests/unit/repository/test_named_buttons.py",
)
#: Single tests and modules kept together that take longest: they begin first, so that none is left alone at the end.
_LONG = (
    "tests/integration/forms/test_office_suite.py",
    "tests/acceptance/test_load.py::test_sixty_people",
    "tests/corpus",
    "tests/acceptance/test_load.py",
    "tests/acceptance/test_attacks.py::test_nineteen_orders",
    "tests/acceptance/test_browser.py",
    "tests/acceptance/test_restore.py",
    "tests/acceptance/test_operations_page.py",
    "tests/integration/exports/test_office_suite.py",
    "tests/integration/store/test_kill",
    "tests/acceptance/test_kill",
    "tests/acceptance/test_terminal.py",
    "tests/unit/repository/test_completeness.py",
    "tests/unit/repository/test_journeys.py",
)
#: Tests that mostly wait for processes, sockets and clocks.
_WAITING = "tests/acceptance/"
#: Short ones of a module are dealt so many at a time.
_SHORT, _AT_A_TIME = "tests/unit/", 8
#: Waiting tests are spread over this part of the others, so that none of them runs alone at the end.
_SPREAD_OVER = 0.7
#: The numbers of tests that one worker runs one after the other.
Unit = tuple[int, ...]


def deal(items: Sequence[pytest.Item]) -> list[Unit]:
    """Return all tests in units, in the order in which these should begin.

    Long ones come first, and those that wait among the others; each kind keeps the order it had.
    """
    units = [unit for scope, numbers in _by_scope(items) for unit in _divide(scope, numbers, items[numbers[0]].path)]
    names = {unit: items[unit[0]].nodeid for unit in units}
    long = dict.fromkeys(unit for prefix in _LONG for unit in units if names[unit].startswith(prefix))
    waiting = [unit for unit in units if unit not in long and names[unit].startswith(_WAITING)]
    others = [unit for unit in units if unit not in long and not names[unit].startswith(_WAITING)]
    step = len(others) * _SPREAD_OVER / len(waiting) if waiting else 0
    placed = [(number * step, unit) for number, unit in enumerate(waiting)]
    placed += [(float(number), unit) for number, unit in enumerate(others)]
    return [*long, *(unit for _, unit in sorted(placed, key=itemgetter(0)))]


def _by_scope(items: Sequence[pytest.Item]) -> Iterable[tuple[str, Unit]]:
    """Return each module, those that look at the same walks as one, with its tests."""
    scopes: dict[str, list[int]] = {}
    for module, numbered in groupby(enumerate(items), key=lambda pair: pair[1].nodeid.partition("::")[0]):
        scope = _WALKING[0] if module in _WALKING else module
        scopes.setdefault(scope, []).extend(number for number, _ in numbered)
    return [(scope, tuple(numbers)) for scope, numbers in scopes.items()]


def _divide(scope: str, numbers: Unit, module: Path) -> Iterable[Unit]:
    if scope in (*_TOGETHER, _WALKING[0]) or _SHARED_FIXTURE in module.read_text(encoding="utf-8"):
        return [numbers]
    size = _AT_A_TIME if scope.startswith(_SHORT) else 1
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]
