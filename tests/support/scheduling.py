"""Deals tests to the workers of a run: one by one, but those that share a result of many seconds to the same worker.

The library's own groups (``xdist_group``) do not work with this release of pytest: its test numbers cannot be marked.
"""

import os
from operator import itemgetter
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

#: Modules whose tests look at one result that is made once per process.
TOGETHER = (
    "tests/corpus/test_peers.py",
    "tests/corpus/test_cryptography_vectors.py",
    "tests/integration/demo/test_database.py",
    "tests/integration/exports/test_office_suite.py",
    "tests/unit/repository/test_completeness.py",
    "tests/unit/repository/test_exported_names.py",
    "tests/unit/repository/test_journeys.py",
)
#: Modules with single tests of half a minute: they begin first, so that none of them is left alone at the end.
_LONG = (
    "tests/integration/handlers/admin/test_rights.py",
    "tests/integration/store/test_kill.py",
    "tests/integration/store/test_kill_admins.py",
)
#: Tests that mostly wait for processes, sockets and clocks.
_WAITING = "tests/acceptance/"
#: Workers beyond the number of cores, which are busy while others wait. Each collects all tests once more, some ten
#: seconds of a core.
_MORE_WORKERS = 2
#: Waiting tests are spread over this part of the others, so that none of them runs alone at the end.
_SPREAD_OVER = 0.7


class SharingScheduling(LoadGroupScheduling):  # type: ignore[misc]
    """Keeps the tests of some modules together; the greatest such group is dealt first."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module in TOGETHER else nodeid


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
    long = [item for item in items if item.nodeid.startswith(_LONG)]
    waiting = [item for item in items if item.nodeid.startswith(_WAITING)]
    others = [item for item in items if not item.nodeid.startswith((*_LONG, _WAITING))]
    step = len(others) * _SPREAD_OVER / len(waiting) if waiting else 0
    placed = [(number * step, item) for number, item in enumerate(waiting)]
    placed += [(float(number), item) for number, item in enumerate(others)]
    return [*long, *(item for _, item in sorted(placed, key=itemgetter(0)))]
