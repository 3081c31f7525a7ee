"""What is ordered, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from handlers.office.exporting import NOTHING_TO_REMARK, Form, Remarks
from handlers.office.model import Filed, Filter
from handlers.office.rights import Rights
from locales import Translator

__all__ = ["Exported", "Form", "Order", "Writer"]


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

    count: int  #: requests in it
    files: tuple[Path, ...]
    remarks: Remarks = NOTHING_TO_REMARK


class Writer(Protocol):
    """Writes requests into a file of one form; called from one thread at a time."""

    @property
    def remarks(self) -> Remarks:
        """What of the requests given is not in the file, or not as it should be."""

    def add(self, batch: Sequence[Filed]) -> None:
        """Write some more."""

    def finish(self) -> None:
        """Write what stands at the end; the file is complete."""

    def abandon(self) -> None:
        """Close what is open; what was written is of no use."""
