"""Errors of the store.

::

    StoreError                 never names a password, a key or anything personal
    ├── DatabaseUrlError       the URL names no database that can be used (exit code 2)
    ├── DatabaseUnusable       it cannot be opened: not there, refused, or not a database
    ├── AlreadyServed          another process serves this SQLite database (exit code 2)
    ├── StoreUnavailable       not now: nothing was changed, the same call may be made again (``retryable``)
    │   ├── StoreLocked        somebody else is writing
    │   ├── StoreFull          no room left on the disk
    │   └── StoreLost          the connection broke; a commit under way may or may not have happened
    ├── ReadingOnly            something was to be written where it is only read
    ├── LooksAtEverybody       rows of everybody were to be read where others wait to write
    ├── TurnTakenOver          another process has handled this update
    ├── ClockLeapt             the time is far from what the store has seen: nothing is deleted by such a clock
    ├── TooMuchToKeep          more than one conversation may have kept
    │   ├── SessionTooLarge    of what it remembers
    │   └── MessageTooLarge    of what it is told in one message
    ├── SchemaError
    │   ├── SchemaNewer        the database was made by a later version of the program
    │   ├── SchemaOlder        a table is missing that a later version has (exit code 2)
    │   └── SchemaAltered      an applied migration is not the one the program carries
    ├── FolderHoldsData        made-up data go into an empty database only (exit code 2)
    ├── DataIsMadeUp           the data are made up: nobody real is served over them (exit code 2)
    ├── TargetHoldsData        rows go into an empty database only (exit code 2)
    ├── DatabaseMoved          the rows were moved to another database, or not all of them are here yet (exit code 2)
    ├── ContentsDiffer         a copy is not what it was made of
    ├── ValueNotTaken          a value cannot stand in the other kind of database
    ├── BackupError            a backup cannot be made, read or put back
    │   └── BackupBusy         another process is making one in the same folder (exit code 75)
    ├── KeyFileError           the key file cannot be read, is open to others, or is not a key file
    │   ├── KeyFileMismatch    the database was sealed with other keys
    │   └── KeysMissing        the key file is older than the database: keys of sealed values are not in it
    ├── KeyNotLost             a key that is to be given up is in the key file (exit code 2)
    ├── KeyNotSpread           a live process lacks the key that is to be used
    ├── UnknownKeyName         the key file, or the database, knows no key of that id (exit code 2)
    └── SealError
        ├── UnknownKey         sealed with a key that is not in the key file
        └── SealBroken         altered, or moved from where it was sealed
"""

from datetime import timedelta

from bot.errors import TrolyError
from locales import N_

_LEAPT = N_(
    "The clock is {days} days ahead of what this database saw last, so nothing is deleted. Set the clock right; or,"
    " where it is right and the assistant did not run for so long, say so once: troly retention --clock-is-right"
)
_FELL_BACK = N_(
    "The clock is {days} days behind what this database saw last, so nothing is deleted. Set the clock right; or, where"
    " it is right and was wrong before, say so once: troly retention --clock-is-right"
)
_REAL = N_("This data folder holds real data; nothing was changed. Choose an empty one with TROLY_DATA_DIR.")
_MADE_UP = N_(
    "This data folder holds made-up data already, perhaps not all of them; nothing was changed."
    " Choose an empty one with TROLY_DATA_DIR."
)


_NOT_EMPTY = N_(
    "The database to be filled holds data already, so nothing was changed. Choose an empty one: another folder with"
    " TROLY_DATA_DIR, or a new database with TROLY_DATABASE_URL."
)
_DIFFERENT = N_(
    "The copy is not the same as what it was made of ({tables}), so it does not count. Nothing was changed in the"
    " original. Please try again; if it happens again, look at the disk."
)
_NOT_TAKEN = N_(
    "A value in {table} cannot stand in a PostgreSQL database, so the copy was not made. Nothing was changed in the"
    " original. Look for rows that were written by another program."
)
_OLDER = N_(
    "The database lacks tables of this version: an earlier one made it. Stop the assistant, copy the data folder away"
    " (PostgreSQL: pg_dump), then bring the database up to date: troly migrate"
)
_BUSY = N_("Another process is making a backup in this folder. Please wait until it is done.")


class StoreError(TrolyError):
    """The store failed."""

    #: Whether the same call may be made again.
    retryable = False


class DatabaseUrlError(StoreError):
    """The database URL cannot be used."""

    exit_code = 2


class DatabaseUnusable(StoreError):  # noqa: N818 - a state, as httpx and psycopg name theirs
    """The database cannot be opened."""


class AlreadyServed(StoreError):  # noqa: N818 - a state
    """Another assistant serves the database already."""

    exit_code = 2


class StoreUnavailable(StoreError):  # noqa: N818 - a state
    """The database does not answer now."""

    retryable = True


class StoreLocked(StoreUnavailable):
    """Somebody else is writing to the database."""


class StoreFull(StoreUnavailable):
    """There is no room left for the database."""


class StoreLost(StoreUnavailable):
    """The connection to the database broke."""


class ReadingOnly(StoreError):  # noqa: N818 - a state
    """Something was to be written in a transaction that only reads; nothing was."""


class LooksAtEverybody(StoreError):  # noqa: N818 - says what is to be done
    """Rows of everybody were to be read where others wait to write; nothing was, and a transaction that reads may."""


class TurnTakenOver(StoreError):  # noqa: N818 - a state
    """Another process has handled this update."""


class ClockLeapt(StoreError):  # noqa: N818 - a state
    """The clock is far from what this database has seen: ahead of it, or behind."""

    def __init__(self, leap: timedelta) -> None:
        super().__init__(_LEAPT if leap > timedelta() else _FELL_BACK, days=abs(leap).days)
        self.leap = leap


class FolderHoldsData(StoreError):  # noqa: N818 - a state
    """Made-up data go into an empty data folder only."""

    exit_code = 2

    def __init__(self, *, made_up: bool) -> None:
        super().__init__(_MADE_UP if made_up else _REAL)


class DataIsMadeUp(StoreError):  # noqa: N818 - a state
    """The data are made up."""

    exit_code = 2


class TargetHoldsData(StoreError):  # noqa: N818 - a state
    """The database that is to be filled holds data already."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(_NOT_EMPTY)


class DatabaseMoved(StoreError):  # noqa: N818 - a state
    """The rows of this database are, or belong, somewhere else."""

    exit_code = 2


class ContentsDiffer(StoreError):  # noqa: N818 - says what is wrong, under a parent that ends in Error
    """A copy is not the same as what it was made of."""

    def __init__(self, *, tables: str) -> None:
        super().__init__(_DIFFERENT, tables=tables)


class ValueNotTaken(StoreError):  # noqa: N818 - as above
    """A value cannot stand in the other kind of database."""

    def __init__(self, *, table: str) -> None:
        super().__init__(_NOT_TAKEN, table=table)


class BackupError(StoreError):
    """A backup cannot be made, read or put back."""


class BackupBusy(BackupError):  # noqa: N818 - a state
    """Another process is making a backup in the same folder."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h: whoever called tries again

    def __init__(self) -> None:
        super().__init__(_BUSY)


class TooMuchToKeep(StoreError):  # noqa: N818 - a state
    """More than may be kept of one conversation; nothing was."""


class SessionTooLarge(TooMuchToKeep):
    """A session is over its bound."""


class MessageTooLarge(TooMuchToKeep):
    """A message is over its bound."""


class SchemaError(StoreError):
    """The tables do not fit the program."""


class SchemaNewer(SchemaError):  # noqa: N818 - says what is wrong, under a parent that ends in Error
    """The database is newer than the program."""


class SchemaOlder(SchemaError):  # noqa: N818 - says what is wrong, under a parent that ends in Error
    """The database has not the tables of this program yet."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(_OLDER)


class SchemaAltered(SchemaError):  # noqa: N818 - says what is wrong, under a parent that ends in Error
    """An applied migration is not the one the program carries."""


class KeyFileError(StoreError):
    """The key file cannot be used."""

    exit_code = 2


class KeyFileMismatch(KeyFileError):  # noqa: N818 - says what is wrong, under a parent that ends in Error
    """The database was sealed with other keys."""


class KeysMissing(KeyFileError):  # noqa: N818 - as above
    """The key file lacks keys that sealed values of this database."""


class KeyNotSpread(StoreError):  # noqa: N818 - as above
    """A live process lacks a key that is to be used."""


class KeyNotLost(StoreError):  # noqa: N818 - as above
    """A key that is to be given up is in the key file."""

    exit_code = 2


class UnknownKeyName(StoreError):  # noqa: N818 - as above
    """The key file has no such key."""

    exit_code = 2


class SealError(StoreError):
    """A sealed value cannot be opened."""


class UnknownKey(SealError):  # noqa: N818 - says what is wrong, under a parent that ends in Error
    """A value was sealed with a key that is not in the key file."""


class SealBroken(SealError):  # noqa: N818 - says what is wrong, under a parent that ends in Error
    """A sealed value was altered or moved."""
