"""A file of text, written a batch at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bot.exports.sending import unreadable_in
from handlers.office.exporting import NOTHING_TO_REMARK
from handlers.office.model import Filed


class Lines(Protocol):
    """Requests as text."""

    head: str  #: stands before the first

    def format_batch(self, batch: Sequence[Filed]) -> str:
        """The lines of some requests, each with its end."""


class TextWriter:
    """Implements ``bot.exports.model.Writer``."""

    def __init__(self, path: Path, lines: Lines) -> None:
        self.remarks = NOTHING_TO_REMARK
        self._lines = lines
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(lines.head)

    def add(self, batch: Sequence[Filed]) -> None:
        """Their lines; those that cannot be read say so, and are counted."""
        self.remarks += unreadable_in(batch)
        self._file.write(self._lines.format_batch(batch))

    def finish(self) -> None:
        """Nothing stands at the end."""
        self._file.close()

    def abandon(self) -> None:
        """Close it."""
        self._file.close()
