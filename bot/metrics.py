"""Count what monitoring may know: waiting rows, the duration of turns, memory, failures; never anything of a person.

``Metrics`` counts nothing and is the default everywhere; ``Prometheus`` counts.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class QueueDepths:
    """The numbers of waiting rows."""

    inbox: int  #: updates to handle
    outbox: Mapping[int, int]  #: messages to send, by priority (REPLY, NOTICE, BROADCAST)
    tasks: int  #: tasks queued or running


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """The figures of the store; moments are seconds since 1970."""

    depths: QueueDepths
    broadcasts: Mapping[str, int] = field(default_factory=dict)  #: those that are not over, by state
    oldest: Mapping[tuple[str, str], float] = field(default_factory=dict)  #: by queue and channel, since when
    workers: Mapping[str, int] = field(default_factory=dict)  #: by channel
    upkeep: Mapping[str, tuple[float | None, bool]] = field(default_factory=dict)  #: last success; whether it fails
    consents_needed: int = 0
    unreadable: int = 0


class Metrics:
    """Receives reports and counts none of them.

    Every word given here comes from a closed set: a state, a kind of error, a channel.
    """

    def record_turn(self, seconds: float) -> None:
        """Record a turn that was handled and stored within ``seconds``."""

    def record_turn_failure(self) -> None:
        """Record a turn that failed; it will be repeated or given up."""

    def record_delivery(self, channel: str, state: str) -> None:
        """Count a message that has found its end: a ``bot.messages.DeliveryState``."""

    def record_store_failure(self, error: Exception) -> None:
        """Record a failed operation of the store."""

    def record_throttling(self, channel: str) -> None:
        """Record that a platform asked to wait (429, or its own word for it)."""

    def expose(self, figures: StoreFigures | None) -> bytes:  # noqa: ARG002 - a subclass that counts needs it
        """Return all counts as text; ``figures`` is None if the store did not answer."""
        return b""


NO_METRICS = Metrics()

#: Seconds: most turns take milliseconds, and seconds on a busy disk.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: By the numbers of ``bot.messages``.
PRIORITIES = ("reply", "notice", "broadcast")


class Prometheus(Metrics):
    """Counts in a registry of its own, which tells nothing about other libraries, and of the process its memory alone.

    The text has Prometheus' exposition format 0.0.4. The library is imported where it is used: only a service counts.
    """

    def __init__(self, memory: Callable[[], Memory] = read_memory) -> None:
        """Keep ``memory``, which is asked for that of this process."""
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415 - as above

        self._registry = registry = CollectorRegistry()
        self._turns = Histogram("troly_turn_seconds", "Handling of one update", buckets=_BUCKETS, registry=registry)
        self._failed = Counter("troly_turns_failed", "Turns that broke and were tried again", registry=registry)
        self._delivered = Counter(
            "troly_deliveries", "Messages by how their delivery ended", ("channel", "state"), registry=registry
        )
        self._delivered_by: dict[tuple[str, str], Counter] = {}  #: found again, which costs less than by labels
        self._errors = Counter("troly_store_errors", "Errors of the store by kind", ("kind",), registry=registry)
        self._up = Gauge("troly_store_up", "Whether the store answered when this was asked", registry=registry)
        self._inbox = Gauge("troly_inbox_waiting", "Updates that wait to be handled", registry=registry)
        self._outbox = Gauge("troly_outbox_queued", "Messages that wait to be sent", ("priority",), registry=registry)
        self._tasks = Gauge("troly_tasks_open", "Exports queued or running", registry=registry)
        self._throttled = Counter(
            "troly_throttled", "Messages that a platform asked to send later", ("channel",), registry=registry
        )
        self._broadcasts = Gauge("troly_broadcasts", "Broadcasts that are not over", ("state",), registry=registry)
        self._oldest = Gauge(
            "troly_oldest_waiting_seconds", "Age of the oldest row that waits", ("queue", "channel"), registry=registry
        )
        self._workers = Gauge("troly_workers", "Processes that serve a channel", ("channel",), registry=registry)
        self._succeeded = Gauge(
            "troly_upkeep_last_success_timestamp_seconds", "Last backup and retention", ("work",), registry=registry
        )
        self._failing = Gauge("troly_upkeep_failing", "Whether the last try failed", ("work",), registry=registry)
        self._consents = Gauge("troly_consents_needed", "Accounts that need a new consent", registry=registry)
        self._unreadable = Gauge("troly_unreadable_values", "Values that cannot be read any more", registry=registry)
        self._memory = memory
        self._resident = Gauge("troly_memory_bytes", "Memory that this process holds", registry=registry)
        self._limit = Gauge("troly_memory_limit_bytes", "Memory that this process may hold", registry=registry)

    def record_turn(self, seconds: float) -> None:
        self._turns.observe(seconds)

    def record_turn_failure(self) -> None:
        self._failed.inc()

    def record_delivery(self, channel: str, state: str) -> None:
        counter = self._delivered_by.get((channel, state))
        if counter is None:
            counter = self._delivered_by[channel, state] = self._delivered.labels(_kind(channel), state)
        counter.inc()

    def record_store_failure(self, error: Exception) -> None:
        self._errors.labels(type(error).__name__).inc()

    def record_throttling(self, channel: str) -> None:
        self._throttled.labels(_kind(channel)).inc()

    def expose(self, figures: StoreFigures | None) -> bytes:
        from prometheus_client.exposition import generate_latest  # noqa: PLC0415 - as above

        depths = figures.depths if figures else None
        self._up.set(depths is not None)
        unknown = float("nan")
        self._inbox.set(depths.inbox if depths else unknown)
        self._tasks.set(depths.tasks if depths else unknown)
        for priority, name in enumerate(PRIORITIES):
            self._outbox.labels(name).set(depths.outbox.get(priority, 0) if depths else unknown)
        held = self._memory()
        self._resident.set(held.resident)
        self._limit.set(unknown if held.limit is None else held.limit)
        self._set_figures(figures)
        return generate_latest(self._registry)

    def _set_figures(self, figures: StoreFigures | None) -> None:
        """Set what comes from the store; what it does not tell, or no longer, has no value."""
        labelled = self._broadcasts, self._oldest, self._workers, self._succeeded, self._failing
        for gauge in labelled:
            gauge.clear()
        self._consents.set(figures.consents_needed if figures else float("nan"))
        self._unreadable.set(figures.unreadable if figures else float("nan"))
        if figures is None:
            return
        for state, count in figures.broadcasts.items():
            self._broadcasts.labels(state).set(count)
        for (queue, channel), since in sorted(figures.oldest.items(), key=lambda item: -item[1]):
            age = max(0.0, time.time() - since)  # the oldest of a kind is set last
            self._oldest.labels(queue, _kind(channel)).set(age)
        for channel, count in figures.workers.items():
            self._workers.labels(_kind(channel)).set(count)
        for work, (done, failing) in figures.upkeep.items():
            self._failing.labels(work).set(failing)
            if done is not None:
                self._succeeded.labels(work).set(done)


def _kind(channel: str) -> str:
    """Return a channel without what distinguishes terminals: it names a person."""
    return channel.partition(":")[0]
