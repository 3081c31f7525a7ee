"""Runs the tests in several processes, forked from the one that has collected them (decision record 0019).

Each worker asks for tests whenever it has none left, and sends their reports back; the first process prints and counts
them as if it had run them. A worker that dies fails the test that it was at, and another one goes on with the rest.
A warning that a worker records is not sent back: here every warning is an error.
"""

import os
import random
import signal
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any
from uuid import uuid4

import pytest
from _pytest.runner import runtestprotocol

from tests.support.scheduling import Deal, deal

#: Names this run, in every worker of it alike.
RUN = uuid4().hex[:12]
#: Workers beyond the number of cores, for tests that wait.
_MORE_WORKERS = 4


class _Names:
    worker = "main"


def worker_name() -> str:
    """Return the name of this process among the workers of the run."""
    return _Names.worker


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--workers", default="0", help="run the tests in so many processes; auto: as many as are best")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run all tests in workers, where some are wanted; else leave them to pytest."""
    option = session.config.option
    if option.workers == "0" or option.collectonly or option.usepdb or session.testsfailed or not hasattr(os, "fork"):
        return None
    units = deal(session.items)
    _Dealer(session, units).run(_count(option.workers, units))
    return True


def _cores() -> int:
    return os.cpu_count() or 1


def _count(wanted: str, units: Deal) -> int:
    return _cores() + (_MORE_WORKERS if units.waiting else 1) if wanted == "auto" else int(wanted)


@dataclass
class _Worker:
    process: int
    waits: bool  #: whether it takes tests that wait before those that compute
    dealt: deque[int] = field(default_factory=deque)  #: tests whose reports have not come yet, in their order


@dataclass
class _Dealer:
    """The first process: deals tests, and passes reports on to pytest."""

    session: pytest.Session
    units: Deal
    workers: dict[Connection, _Worker] = field(default_factory=dict)
    begun: int = 0

    def run(self, count: int) -> None:
        """Return when all tests are reported."""
        try:
            for number in range(count):
                self._start(waits=number >= _cores())
            while self.workers:
                for line in wait(self.workers):
                    assert isinstance(line, Connection)
                    self._hear(line)
        finally:
            for worker in self.workers.values():
                os.kill(worker.process, signal.SIGINT)
                os.waitpid(worker.process, 0)
        if self.session.shouldfail:
            raise self.session.Failed(self.session.shouldfail)
        if self.session.shouldstop:
            raise self.session.Interrupted(self.session.shouldstop)

    def _start(self, *, waits: bool) -> None:
        ours, theirs = Pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.begun += 1
        process = os.fork()
        if process == 0:
            for line in (ours, *self.workers):  # else the end of this process would not end theirs
                line.close()
            _work(self.session, theirs, f"w{self.begun}")
        theirs.close()
        self.workers[ours] = _Worker(process, waits)

    def _hear(self, line: Connection) -> None:
        try:
            number, reports = line.recv()
        except (EOFError, ConnectionError):
            self._bury(line)
            return
        worker = self.workers[line]
        if reports is None:
            unit = () if self._is_stopped() else self.units.take(waiting=worker.waits)
            worker.dealt.extend(unit)
            line.send(unit)
            return
        worker.dealt.remove(number)
        hook = self.session.config.hook
        for content in reports:
            report = hook.pytest_report_from_serializable(config=self.session.config, data=content)
            hook.pytest_runtest_logreport(report=report)

    def _is_stopped(self) -> bool:
        return bool(self.session.shouldfail or self.session.shouldstop)

    def _bury(self, line: Connection) -> None:
        worker = self.workers.pop(line)
        line.close()
        code = os.waitstatus_to_exitcode(os.waitpid(worker.process, 0)[1])
        if worker.dealt:
            self._blame(worker.dealt.popleft(), code)
            self.units.put_back(tuple(worker.dealt), waiting=worker.waits)
            self._start(waits=worker.waits)
        elif code:
            self.session.shouldfail = f"a worker ended with {code} between two tests"

    def _blame(self, number: int, code: int) -> None:
        item = self.session.items[number]
        told = f"the worker ended with {code} during this test"
        report = pytest.TestReport(item.nodeid, item.location, {}, "failed", told, "call")
        self.session.config.hook.pytest_runtest_logreport(report=report)


def _work(session: pytest.Session, line: Connection, name: str) -> None:
    """Be a worker until there is nothing more to do, and end."""
    code = 1
    try:
        _become(session.config, name)
        session.config.pluginmanager.register(_Reporting(session, line))
        _run_tests(session, line)
        code = 0
    except (KeyboardInterrupt, ConnectionError, EOFError):  # the first process tells why, or is no more
        code = 2
    except BaseException:  # noqa: BLE001 - nothing may get into the loop of the first process
        sys.excepthook(*sys.exc_info())
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was started is taken down, however often somebody asks
        with suppress(BaseException):
            session._setupstate.teardown_exact(None)
            sys.stderr.flush()
        os._exit(code)  # without a wait for threads that a test left behind


def _become(config: pytest.Config, name: str) -> None:
    """Part with what the first process goes on to use: its name, chance, its folder and the files of its output."""
    _Names.worker = name
    random.seed()
    folders = config._tmp_path_factory  # type: ignore[attr-defined]
    folders._basetemp = folders.getbasetemp() / name
    folders._basetemp.mkdir(mode=0o700)
    capture = config.pluginmanager.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    capture.suspend_global_capture()


def _run_tests(session: pytest.Session, line: Connection) -> None:
    tests = _Tests(session, line)
    number = tests.take()
    while number is not None:
        item, following = session.items[number], _Following(tests)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        number = following.number()


@dataclass
class _Tests:
    """The tests that this worker is to run."""

    session: pytest.Session
    line: Connection
    known: deque[int] = field(default_factory=deque)

    def take(self) -> int | None:
        """Return the number of the next test; ask for more if none is known."""
        if not self.known:
            self.line.send((None, None))
            self.known.extend(self.line.recv())
        return self.known.popleft() if self.known else None


class _Following:
    """The test after this one, as far as pytest looks at it: what it shares with this one is kept.

    It is asked for when this one is torn down: a worker that knew earlier would keep a test from the others.
    """

    def __init__(self, tests: _Tests) -> None:
        self._tests = tests
        self._number: list[int | None] = []

    def number(self) -> int | None:
        if not self._number:
            self._number.append(self._tests.take())
        return self._number[0]

    def listchain(self) -> list[Any]:
        number = self.number()
        return [] if number is None else list(self._tests.session.items[number].listchain())


class _Reporting:
    """Runs a test as pytest does, and sends its reports instead of printing them."""

    def __init__(self, session: pytest.Session, line: Connection) -> None:
        self._numbers = {item: number for number, item in enumerate(session.items)}
        self._line = line

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        told = [item.config.hook.pytest_report_to_serializable(config=item.config, report=report) for report in reports]
        self._line.send((self._numbers[item], told))
        return True
