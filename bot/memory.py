"""The memory that this process holds, and how much it may hold before the system ends it."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MEGABYTE = 1_000_000
#: More than this share of what a process may hold is worth an alarm.
_HIGH_SHARE = 0.8
#: Where the system tells of processes and of their groups.
_PROC, _GROUPS = Path("/proc/self"), Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of this process in bytes."""

    resident: int  #: what it holds; 0 where the system does not tell
    limit: int | None  #: what it may hold; ``None``: no limit is known

    @property
    def share(self) -> float:
        """Return the part of the limit that is held, 0 where none is known."""
        return self.resident / self.limit if self.limit else 0.0

    @property
    def is_high(self) -> bool:
        """Tell whether it is worth an alarm."""
        return self.share > _HIGH_SHARE


def read_memory(megabytes: int = 0, proc: Path = _PROC, groups: Path = _GROUPS) -> Memory:
    """Return the memory of this process.

    Args:
        megabytes: The limit that is set; 0: only the system's counts. The lower one of both is the limit.
        proc: The folder in which the system tells of this process.
        groups: The folder in which the system tells of control groups.
    """
    limits = [*_group_limits(proc, groups), *([megabytes * _MEGABYTE] if megabytes else [])]
    return Memory(_resident(proc), min(limits, default=None))


def _resident(proc: Path) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int((proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _group_limits(proc: Path, groups: Path) -> Iterator[int]:
    """Yield the limits of the groups around this process (version 2, then version 1); a group without one says max."""
    lines: list[str] = []
    with suppress(OSError):
        lines = (proc / "cgroup").read_text().splitlines()
    for line in lines:
        number, _, rest = line.partition(":")
        kinds, _, path = rest.partition(":")
        if number == "0" and not kinds:
            yield from _limits_above(groups, path, "memory.max")
        elif "memory" in kinds.split(","):
            yield from _limits_above(groups / "memory", path, "memory.limit_in_bytes")


#: Version 1 writes a number near 2**63 where nothing limits.
_NO_LIMIT = 1 << 60


def _limits_above(root: Path, path: str, name: str) -> Iterator[int]:
    group = root / path.strip("/")
    for folder in (group, *group.parents):
        if not folder.is_relative_to(root):
            return
        with suppress(OSError, ValueError):
            if 0 < (limit := int((folder / name).read_text())) < _NO_LIMIT:
                yield limit
