"""For every test."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.support.postgres import empty_postgres_url, postgres_server, postgres_url, worker_database

__all__ = ["empty_postgres_url", "postgres_server", "postgres_url", "worker_database"]


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command called in this process sets up its logs; the next test must not find them."""
    root = logging.getLogger()
    level = root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.setLevel(level)
    for handler in [one for one in root.handlers if type(one).__module__ == "bot.logs"]:
        root.removeHandler(handler)
