"""The memory of this process beside what it may hold."""

import os
from pathlib import Path

import pytest

from bot.metrics import Memory, Prometheus, read_memory

PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """Return a folder of a system in which this process holds a thousand pages, in a group of a service."""
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "statm").write_text("90000 1000 800 1 0 2 0\n")
    (tmp_path / "proc" / "cgroup").write_text("0::/system.slice/troly.service\n")
    (tmp_path / "groups" / "system.slice" / "troly.service").mkdir(parents=True)
    return tmp_path


def read(system: Path, megabytes: int = 0) -> Memory:
    return read_memory(megabytes, system / "proc", system / "groups")


def limit(system: Path, group: str, text: str, name: str = "memory.max") -> None:
    folder = system / "groups" / group
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"{text}\n")


def test_the_lowest_limit_counts_wherever_it_stands(system: Path) -> None:
    assert read(system) == Memory(1000 * PAGE, None)
    assert not read(system).is_high
    limit(system, "system.slice/troly.service", "max")
    assert read(system).limit is None
    limit(system, "system.slice", str(10_000 * PAGE))
    assert read(system).share == pytest.approx(0.1)
    limit(system, "system.slice/troly.service", str(1200 * PAGE))
    assert read(system).is_high
    assert read(system, megabytes=1).limit == 1_000_000
    assert read(system, megabytes=10_000).limit == 1200 * PAGE


def test_four_fifths_are_not_too_much_yet() -> None:
    assert not Memory(800, 1000).is_high
    assert Memory(801, 1000).is_high


def test_a_container_and_groups_of_the_first_version_are_understood(system: Path) -> None:
    (system / "proc" / "cgroup").write_text("0::/\n")
    limit(system, "", "5000")
    assert read(system).limit == 5000
    (system / "proc" / "cgroup").write_text("3:cpu,memory:/docker/a:b\n1:name=systemd:/\n")
    limit(system, "memory", str(2**63 - 4096), "memory.limit_in_bytes")
    assert read(system).limit is None
    limit(system, "memory/docker/a:b", "7000", "memory.limit_in_bytes")
    assert read(system).limit == 7000


@pytest.mark.parametrize("text", ["", "\n", "nonsense", "0::/../../..", "0", "::"])
def test_a_system_that_tells_nothing_or_nonsense_limits_nothing(system: Path, text: str) -> None:
    (system / "proc" / "cgroup").write_text(text)
    (system / "proc" / "statm").write_text(text)
    assert read(system) == Memory(0, None)


def test_this_process_holds_some_megabytes() -> None:
    assert 10_000_000 < read_memory().resident < 10**11


def test_both_numbers_are_told_to_who_watches() -> None:
    told = Prometheus(lambda: Memory(500, 1000)).expose(None).decode()
    assert "troly_memory_bytes 500.0" in told
    assert "troly_memory_limit_bytes 1000.0" in told
    assert "troly_memory_limit_bytes NaN" in Prometheus(lambda: Memory(500, None)).expose(None).decode()
