"""Deals tests to the workers of a run: one by one, but those that share a result of many seconds to the same worker.

The library's own groups (``xdist_group``) do not work with this release of pytest: its test numbers cannot be marked.
"""

import os
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

_ROOT = Path(__file__).resolve().parents[2]
#: Modules whose tests look at one result that is made once per process, beside those with a fixture for the module.
_TOGETHER = (
    "tests/corpus/test_peers.py",
    "tests/corpus/test_cryptography_vectors.py",
    "tests/integration/demo/test_database.py",
    "tests/unit/cli/test_commands.py",
    "tests/unit/repository/test_exported_names.py",
    "tests/unit/repository/test_journeys.py",
    "tests/unit/rules/test_checking.py",
    "tests/unit/rules/test_layers.py",
)
_SHARED_FIXTURE = 'scope="module"'
#: Single tests and modules kept together that take longest: they begin first, so that none is left alone at the end.
_LONG = (
    "tests/integration/forms/test_office_suite.py",
    "tests/acceptance/test_load.py::test_sixty_people",
    "tests/corpus",
    "tests/acceptance/test_load.py",
    "tests/acceptance/test_attacks.py::test_nineteen_orders",
    "tests/acceptance/test_browser.py",
    "tests/acceptance/test_restore.py",
    "tests/integration/exports/test_office_suite.py",
    "tests/integration/store/test_kill",
    "tests/acceptance/test_kill",
    "tests/acceptance/test_terminal.py",
    "tests/unit/repository/test_completeness.py",
    "tests/unit/repository/test_journeys.py",
)
#: Tests that mostly wait for processes, sockets and clocks.
_WAITING = "tests/acceptance/"
#: Workers beyond the number of cores, which are busy while others wait. Each collects all tests once more, some ten
#: seconds of a core.
_MORE_WORKERS = 2
#: Waiting tests are spread over this part of the others, so that none of them runs alone at the end.
_SPREAD_OVER = 0.7


class SharingScheduling(LoadGroupScheduling):  # type: ignore[misc]
    """Keeps the tests of some modules together, and deals in the order in which tests are collected.

    The library looks through all that a worker ever did, and through the list of all tests, for every test that is
    dealt: with ten thousand tests that takes longer than many of them.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # the greatest group need not be the longest
        self._number: dict[str, int] = {}

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Forget the test, and deal the worker another."""
        test = self.registered_collections[node][item_index]
        dealt, scope = self.assigned_work[node], self._split_scope(test)
        del dealt[scope][test]
        if not dealt[scope]:
            del dealt[scope]
        self._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        self._number = self._number or {test: number for number, test in enumerate(self.collection or ())}
        scope, tests = self.workqueue.popitem(last=False)
        self.assigned_work[node][scope] = tests
        node.send_runtest_some([self._number[test] for test in tests])

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if _is_kept_together(module) else nodeid


@cache
def _is_kept_together(module: str) -> bool:
    return module in _TOGETHER or _SHARED_FIXTURE in (_ROOT / module).read_text(encoding="utf-8")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharingScheduling | None:
    """Answer pytest-xdist, which asks this hook of ``tests/conftest.py``."""
    return SharingScheduling(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Answer how many workers ``-n auto`` stands for; a part of the tests, or a number that was set, as always."""
    if config.getoption("file_or_dir") or "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (os.cpu_count() or 1) + _MORE_WORKERS


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put long tests first and spread waiting ones; only among several workers, where the order of modules is lost."""
    if hasattr(config, "workerinput"):
        items[:] = _spread(items)


def _spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the long tests, then the others with those that wait spread evenly, each kind in the order it had."""
    long = [item for prefix in _LONG for item in items if item.nodeid.startswith(prefix)]
    waiting = [item for item in items if item.nodeid.startswith(_WAITING)]
    others = [item for item in items if not item.nodeid.startswith((*_LONG, _WAITING))]
    step = len(others) * _SPREAD_OVER / len(waiting) if waiting else 0
    placed = [(number * step, item) for number, item in enumerate(waiting)]
    placed += [(float(number), item) for number, item in enumerate(others)]
    return [*dict.fromkeys(long), *(item for _, item in sorted(placed, key=itemgetter(0)))]
