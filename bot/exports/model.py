"""What is ordered, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from handlers.office.model import Filed, Filter
from handlers.office.rights import Rights
from locales import Translator


class Form(StrEnum):
    """What kind of file."""

    XLSX = "xlsx"
    CSV = "csv"
    JSONL = "jsonl"
    DOCX = "docx"
    IMPORT19 = "import19"


@dataclass(frozen=True, slots=True)
class Order:
    """An export that somebody asked for."""

    rights: Rights
    wanted: Filter
    form: Form
    t: Translator
    now: datetime
    chat: str = ""  #: id of the chat that asked; empty on the command line
    channel: str = "machine"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    count: int  #: requests read
    files: tuple[Path, ...]
    left_out: int = 0  #: requests read that have no place in a file of this form


class Writer(Protocol):
    """Writes requests into a file of one form; called from one thread at a time."""

    @property
    def left_out(self) -> int:
        """Requests given that have no place in a file of this form."""

    def add(self, batch: Sequence[Filed]) -> None:
        """Write some more."""

    def finish(self) -> None:
        """Write what stands at the end; the file is complete."""

    def abandon(self) -> None:
        """Close what is open; what was written is of no use."""
