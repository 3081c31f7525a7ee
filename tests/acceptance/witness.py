"""What the database of a run was ever told, also what it has forgotten since.

A greeting goes with the chat of whoever had only been greeted when it was settled, and stays where they had agreed by
then; with it goes the link between the chat and what it said first. Which of the two comes first is chance. What was
received and queued, how often, and what became of it, is not.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE ever_received (id INTEGER, chat TEXT, state TEXT);
CREATE TRIGGER witness_received AFTER INSERT ON inbox BEGIN
    INSERT INTO ever_received VALUES (new.id, new.chat, new.state);
END;
CREATE TRIGGER witness_handled AFTER UPDATE OF state ON inbox BEGIN
    UPDATE ever_received SET state = new.state WHERE id = new.id;
END;
CREATE TABLE ever_queued (chat TEXT, origin TEXT, state TEXT);
CREATE TRIGGER witness_queued AFTER INSERT ON outbox BEGIN
    INSERT INTO ever_queued VALUES (new.chat, new.origin, new.state);
END;
CREATE TRIGGER witness_settled AFTER UPDATE OF state ON outbox BEGIN
    UPDATE ever_queued SET state = new.state WHERE origin = new.origin;
END;
"""


class Witness:
    """The SQLite database of a data folder, from when ``begin`` was called."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "data" / "troly.sqlite3"

    def begin(self) -> None:
        """Note all that comes from now on. The tables must be there already."""
        with closing(sqlite3.connect(self._file)) as connection:
            connection.executescript(_TABLES)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._file)) as connection:
            return connection.execute(statement).fetchall()

    def busy(self) -> int:
        """How much is still to be handled, said or written."""
        (row,) = self.sql(
            "SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'waiting')"
            " + (SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending'))"
            " + (SELECT COUNT(*) FROM tasks WHERE state IN ('queued', 'running'))"
        )
        return int(row[0])

    def received(self) -> list[tuple[str, str]]:
        """Every update: of which chat, what became of it."""
        return self.sql("SELECT chat, state FROM ever_received")

    def queued(self) -> list[tuple[str, str, str]]:
        """Every message: to which chat, what asked for it, what became of it."""
        return self.sql("SELECT chat, origin, state FROM ever_queued")
