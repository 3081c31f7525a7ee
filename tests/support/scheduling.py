"""Deals tests to the workers of a run: which run one after the other in the same worker, and which begin first."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
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
    "tests/corpus",
    "tests/integration/handlers/admin/test_rights.py::test_no_way",
    "tests/integration/exports/test_office_suite.py",
    "tests/integration/services/test_rights_properties.py",
    "tests/contract/test_conversations.py",
    "tests/unit/repository/test_completeness.py",
    "tests/unit/repository/test_journeys.py",
    "tests/unit/rules/language/test_labelled_sentences.py",
    "tests/unit/handlers/test_conversation_properties.py",
    "tests/unit/certificates/test_properties.py",
)
_LONG_WAITING = (
    "tests/acceptance/test_load.py::test_sixty_people",
    "tests/acceptance/test_load.py",
    "tests/acceptance/test_attacks.py::test_nineteen_orders",
    "tests/acceptance/test_browser",
    "tests/acceptance/test_desk_browser.py",
    "tests/acceptance/test_terminal.py",
    "tests/acceptance/test_campaign.py",
    "tests/acceptance/test_four_eyes.py",
    "tests/acceptance/test_restore.py",
    "tests/acceptance/test_operations_page.py",
    "tests/acceptance/test_power_cut.py",
    "tests/acceptance/test_every_channel.py",
    "tests/integration/store/test_kill",
    "tests/acceptance/test_kill",
    "tests/integration/exports/test_exporter.py::test_killed",
    "tests/acceptance/test_admins.py",
    "tests/acceptance/test_keys.py",
)
#: Tests that mostly wait for processes, sockets and clocks.
_WAITING = (
    "tests/acceptance/",
    "tests/integration/store/test_kill",
    "tests/integration/exports/test_exporter.py::test_killed",
)
#: Short ones of a module are dealt so many at a time.
_SHORT, _AT_A_TIME = "tests/unit/", 8
#: The numbers of tests that one worker runs one after the other.
Unit = tuple[int, ...]


@dataclass
class Deal:
    """All tests in units, each kind in the order in which these should begin.

    While there are both kinds, one worker for each core takes those that compute, and the others those that wait: then
    no core idles in the minutes of the waiting tests, nor do these come to their end alone.
    """

    waiting: deque[Unit]
    computing: deque[Unit]

    def take(self, *, waiting: bool) -> Unit:
        """Return what a worker runs next; nothing where all is dealt."""
        first, second = (self.waiting, self.computing) if waiting else (self.computing, self.waiting)
        return (first or second).popleft() if first or second else ()

    def put_back(self, unit: Unit, *, waiting: bool) -> None:
        """Let what a worker left undone be the next of its kind."""
        if unit:
            (self.waiting if waiting else self.computing).appendleft(unit)


def deal(items: Sequence[pytest.Item]) -> Deal:
    """Return all tests in units; each kind keeps the order it had behind those that take longest."""
    units = [unit for scope, numbers in _by_scope(items) for unit in _divide(scope, numbers, items[numbers[0]].path)]
    names = {unit: items[unit[0]].nodeid for unit in units}
    waiting = [unit for unit in units if names[unit].startswith(_WAITING)]
    computing = [unit for unit in units if not names[unit].startswith(_WAITING)]
    return Deal(_longest_first(waiting, names, _LONG_WAITING), _longest_first(computing, names, _LONG))


def _longest_first(units: Sequence[Unit], names: Mapping[Unit, str], longest: Iterable[str]) -> deque[Unit]:
    long = [unit for prefix in longest for unit in units if names[unit].startswith(prefix)]
    return deque(dict.fromkeys([*long, *units]))


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
