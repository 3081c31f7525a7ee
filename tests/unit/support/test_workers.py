"""Tests that run in several processes end as they would in one."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.support.scheduling import deal

ROOT = Path(__file__).resolve().parents[3]
QUIET = ("no:asyncio", "no:cacheprovider", "no:hypothesispytest", "no:timeout")
#: Runs the tests of a module with options; returns what pytest printed, and how each test ended.
Run = Callable[..., tuple[str, dict[str, str]]]


def command(folder: Path, content: str, *options: str) -> list[str]:
    """What runs the tests of a module, apart from ours."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(content)
    plugins = [word for name in QUIET for word in ("-p", name)]
    started = [sys.executable, "-m", "pytest", "-p", "tests.support.workers", *plugins]
    return [*started, "-c", str(folder / "pytest.ini"), *options, str(folder)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(content: str, *options: str) -> tuple[str, dict[str, str]]:
        told = tmp_path / "told.xml"
        started = command(tmp_path, content, "--junitxml", str(told), *options)
        ended = subprocess.run(started, cwd=ROOT, capture_output=True, text=True, check=False)
        cases = list(ET.parse(told).iter("testcase"))
        ends = {
            case.attrib["name"]: next((child.tag for child in case if child.tag != "properties"), "passed")
            for case in cases
        }
        assert len(cases) == len(ends), "each test is told once"
        assert ended.returncode == any(end in {"failure", "error"} for end in ends.values())
        return ended.stdout, ends

    return run


MIXED = """
import os
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Path("made.txt").open("a") as made:
        made.write("once\\n")


@pytest.mark.parametrize("number", range(30))
def test_passes(number, shared, tmp_path):
    assert list(tmp_path.iterdir()) == []


def test_fails():
    print("what it printed")
    assert 1 + 1 == 3


def test_is_skipped():
    pytest.skip("not here")


@pytest.fixture
def broken():
    yield
    raise ValueError("it cannot be taken down")


def test_breaks_afterwards(broken): pass
def test_dies(): os._exit(7)
def test_comes_after_it(): pass
"""


def test_every_test_ends_as_it_would_in_one_process(run: Run, tmp_path: Path) -> None:
    printed, ends = run(MIXED.replace('"made.txt"', repr(str(tmp_path / "made.txt"))), "--workers", "3")

    assert {name: end for name, end in ends.items() if end != "passed"} == {
        "test_fails": "failure",
        "test_is_skipped": "skipped",
        "test_breaks_afterwards": "error",
        "test_dies": "failure",
    }
    assert len(ends) == 35
    assert "what it printed" in printed
    assert "the worker ended with 7 during this test" in printed
    assert (tmp_path / "made.txt").read_text() == "once\n", "the tests of the module were kept on one worker"


def test_the_first_failure_ends_the_run_where_that_is_asked(run: Run) -> None:
    _, ends = run("def test_a(): assert False\ndef test_b(): pass\ndef test_c(): pass\n", "-x", "--workers", "1")

    assert ends["test_a"] == "failure"
    assert len(ends) < 3


LASTING = """
import time
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def started():
    yield
    (FOLDER / "taken down").touch()


def test_lasts(started):
    (FOLDER / "begun").touch()
    time.sleep(100)
"""


def test_what_was_started_is_taken_down_when_the_run_is_interrupted(tmp_path: Path) -> None:
    started = command(tmp_path, LASTING, "--workers", "2")
    with subprocess.Popen(started, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        while not (tmp_path / "begun").exists():
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        told, _ = running.communicate(timeout=60)

    assert running.returncode == pytest.ExitCode.INTERRUPTED, told
    assert (tmp_path / "taken down").exists()


def an_item(name: str, module: Path) -> Any:
    return SimpleNamespace(nodeid=name, path=module)


@pytest.fixture
def items(tmp_path: Path) -> list[Any]:
    plain = tmp_path / "test_plain.py"
    plain.write_text("")
    shared = tmp_path / "test_shared.py"
    shared.write_text('@pytest.fixture(scope="module")')
    return [
        *(an_item(f"tests/acceptance/test_a.py::test_{number}", plain) for number in range(2)),
        *(an_item(f"tests/integration/test_b.py::test_{number}", plain) for number in range(4)),
        *(an_item(f"tests/integration/test_c.py::test_{number}", shared) for number in range(3)),
        *(an_item(f"tests/unit/test_d.py::test_{number}", plain) for number in range(10)),
        an_item("tests/acceptance/test_terminal.py::test_long", plain),
        an_item("tests/corpus/test_long.py::test_long", plain),
    ]


def test_of_both_kinds_long_tests_begin_first(items: list[Any]) -> None:
    units = deal(items)

    assert list(units.waiting) == [(19,), (0,), (1,)]
    assert units.computing[0] == (20,)
    assert (6, 7, 8) in units.computing, "those that share a fixture stay together"
    assert {(9, 10, 11, 12, 13, 14, 15, 16), (17, 18)} < set(units.computing), "short ones are dealt by the handful"
    assert sorted(number for unit in (*units.waiting, *units.computing) for number in unit) == list(range(21))


@pytest.mark.parametrize("waits", [True, False])
def test_whoever_takes_one_kind_first_goes_on_with_the_other(items: list[Any], *, waits: bool) -> None:
    units = deal(items)
    first, second = (units.waiting, units.computing) if waits else (units.computing, units.waiting)
    expected = [*first, *second]

    assert list(iter(lambda: units.take(waiting=waits), ())) == expected
    units.put_back((5,), waiting=not waits)
    units.put_back((), waiting=waits)
    assert units.take(waiting=waits) == (5,), "what is left of nothing ends no worker"
