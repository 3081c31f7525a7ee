"""Fixtures for every test."""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path

import pytest
import structlog
import typer.main
from httpcore import _synchronization
from httpx._transports import default
from typer import _adapters

from bot.services.opening import migrate_database
from tests.support import once, warm
from tests.support.database import empty_postgres_url, postgres_server, postgres_url, worker_database
from tests.support.fast_folder import use_memory
from tests.support.quick_settings import quicken_settings
from tests.support.soak import use_profile
from tests.support.workers import pytest_addoption, pytest_runtestloop

__all__ = [
    "empty_postgres_url",
    "postgres_server",
    "postgres_url",
    "pytest_addoption",
    "pytest_runtestloop",
    "worker_database",
]


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


use_memory()  # before pytest chooses the folder of the run
use_profile()
gc.disable()  # until all tests are collected: nothing of that is garbage
# Python's own handler would be replaced and put back by every run of asyncio, which each time writes out the finished
# task with all that it holds.
signal.signal(signal.SIGINT, _interrupt)
# The options of a command, and how they are read, are the same at each of the thousands of calls, and so are the
# variables of the settings; and the authorities that a client of HTTP trusts take 25 ms to read, for each client.
typer.main.get_params_from_function = lru_cache(512)(typer.main.get_params_from_function)  # type: ignore[attr-defined]
_adapters.try_build_adapter = lru_cache(2048)(_adapters.try_build_adapter)
# Else a client of HTTP looks in each request for a module that is not there, which takes long beside pytest's imports.
_synchronization.current_async_library = lambda: "asyncio"
default.create_ssl_context = lru_cache(8)(default.create_ssl_context)  # type: ignore[attr-defined]
quicken_settings()
once.try_examples_once()
#: Tests of a run in which each worker will need what is read once in a process.
_MANY = 2_000


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Let no later look for garbage go through the modules and the tests themselves."""
    if len(session.items) > _MANY and session.config.option.workers != "0":
        once.read_once()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a SQLite file with empty tables; copying it takes a tenth of the time of creating one."""
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(migrate_database(None, folder))
    return folder / "troly.sqlite3"


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep files that programs write outside their data folder out of the home of the person who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


def pytest_unconfigure() -> None:
    once.forget()


@pytest.fixture(scope="session", autouse=True)
def _processes_without_imports() -> Iterator[None]:
    """Fork the program and its guarded processes from a process that has imported them."""
    with warm.installed():
        yield


@pytest.fixture
def _fresh_interpreters(request: pytest.FixtureRequest, _processes_without_imports: None) -> Iterator[None]:
    """Start every process from nothing in a test that is about the start itself."""
    with warm.fresh() if request.node.get_closest_marker("fresh_interpreter") else nullcontext():
        yield


# A fixture for every test takes a tenth of the time of most of them: what few tests ask for is brought to these alone,
# and what is done after every one is none.


def pytest_itemcollected(item: pytest.Item) -> None:
    if isinstance(item, pytest.Function) and item.get_closest_marker("fresh_interpreter"):
        names = item.fixturenames  # one list for all cases of a function
        if "_fresh_interpreters" not in names:
            names.insert(0, "_fresh_interpreters")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Count the processor's seconds of a test that must be quick; a clock would count the work of others too."""
    began = time.thread_time()
    yield
    if limit := item.get_closest_marker("cpu_limit"):
        assert time.thread_time() - began < limit.args[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """Restore logging after a command was called in this process, so that the next test does not inherit its set-up."""
    root = logging.getLogger()
    level = root.level
    done = yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.setLevel(level)
    for handler in [one for one in root.handlers if type(one).__module__ == "bot.logs"]:
        root.removeHandler(handler)
    return done
