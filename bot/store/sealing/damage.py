"""What a process met and could not read: logged once each, until the store has noted it for the owners."""

import structlog

#: More than so many are not held at a time: they are met again.
_MOST = 10_000

_log = structlog.get_logger(__name__)


class Damage:
    """Values that do not open, or are not what they should be, by where they lie; nothing of what they say."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self.unnoted: dict[str, str] = {}  #: table, column and row -> how the owners are told of it

    def is_first_time(self, what: str) -> bool:
        """Whether this was not asked about before."""
        if what in self._told or len(self._told) >= _MOST:
            return False
        self._told.add(what)
        return True

    def record(self, table: str, column: str, row: str, error: Exception) -> None:
        """A value could not be read; the log names its row."""
        place = f"{table}.{column} {row}"
        if self.is_first_time(place):
            _log.error("value_unreadable", table=table, column=column, row=row, kind=type(error).__name__)
            self.unnoted[place] = row
