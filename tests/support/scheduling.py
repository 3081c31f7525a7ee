"""Deals tests to the workers of a run: one by one, but those that share a result of many seconds to the same worker.

The library's own groups (``xdist_group``) do not work with this release of pytest: its test numbers cannot be marked.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

#: Modules whose tests look at one result that is made once per process.
TOGETHER = ("tests/corpus/test_peers.py", "tests/corpus/test_cryptography_vectors.py")


class SharingScheduling(LoadGroupScheduling):  # type: ignore[misc]
    """Keeps the tests of some modules together; the greatest such group is dealt first."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module in TOGETHER else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharingScheduling | None:
    """Answer pytest-xdist, which asks this hook of ``tests/conftest.py``."""
    return SharingScheduling(config, log) if config.getoption("dist") == "loadgroup" else None
