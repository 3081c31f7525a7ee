"""Keeps connections to the databases of the tests from one test to the next.

A process of PostgreSQL that has just started reads the catalogue for each table that it is asked about, which takes
longer than most tests; one that stays has it in memory. What a test closes is emptied of all that belongs to a session
(``DISCARD ALL``) and handed to whoever connects next, as a connection of their own.
"""

import select
from collections import defaultdict
from typing import Any, cast

from psycopg import AsyncConnection
from psycopg.pq import ExecStatus, PGconn, PipelineStatus, TransactionStatus, abc

#: The connections that nobody uses, by the database's URL and the options they were opened with.
_idle: dict[tuple[Any, ...], list[abc.PGconn]] = defaultdict(list)
#: The URLs of databases whose connections stay.
_kept: set[str] = set()
_connect, _close = AsyncConnection.connect.__func__, AsyncConnection.close  # type: ignore[attr-defined]
_MOST = 4


def keep_connections(url: str) -> None:
    """Keep the connections to a database from now on."""
    _kept.add(url)
    AsyncConnection.connect = classmethod(_take_or_connect)  # type: ignore[assignment]
    AsyncConnection.close = _give_back_or_close  # type: ignore[method-assign]


def close_connections(url: str) -> None:
    """Keep none any more, and close those that are kept."""
    _kept.discard(url)
    for key in [key for key in _idle if key[0] == url]:
        for kept in _idle.pop(key):
            kept.finish()


def kept_processes() -> list[int]:
    """Return the numbers of the server's processes behind the connections that are kept."""
    return [kept.backend_pid for several in _idle.values() for kept in several]


async def _take_or_connect(
    cls: type[AsyncConnection[Any]],
    /,
    conninfo: str = "",
    *,
    autocommit: bool = False,
    prepare_threshold: int | None = 5,
    **options: Any,
) -> AsyncConnection[Any]:
    key = (conninfo, *sorted(options.items()))
    kept = _take(key)
    made: Any
    if kept is None:
        made = await _connect(cls, conninfo, autocommit=autocommit, prepare_threshold=prepare_threshold, **options)
    else:
        made = cls(kept)
        made._autocommit, made.prepare_threshold = autocommit, prepare_threshold
    if conninfo in _kept:
        made._kept_as = key
    return cast("AsyncConnection[Any]", made)


def _take(key: tuple[Any, ...]) -> abc.PGconn | None:
    while several := _idle.get(key):
        kept = several.pop()
        if not select.select([kept.socket], [], [], 0)[0]:  # else the server says that it ended
            return kept
        kept.finish()
    return None


async def _give_back_or_close(self: AsyncConnection[Any]) -> None:
    key, ours = getattr(self, "_kept_as", None), self.pgconn
    if key is None or key[0] not in _kept or len(_idle[key]) >= _MOST or not _is_at_rest(ours):
        await _close(self)
        return
    self.pgconn, self._closed = _FINISHED, True
    if ours.exec_(b"DISCARD ALL").status == ExecStatus.COMMAND_OK:
        _idle[key].append(ours)
    else:
        ours.finish()


def _is_at_rest(ours: abc.PGconn) -> bool:
    return ours.transaction_status == TransactionStatus.IDLE and ours.pipeline_status == PipelineStatus.OFF


_FINISHED = PGconn.connect_start(b"host=/nowhere")
_FINISHED.finish()
