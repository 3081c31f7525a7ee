"""What is ordered, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from handlers.admin.requests.text import format_filter
from handlers.core.dates import format_moment
from handlers.model.exports import NO_REMARKS, ExportForm, ExportRemarks
from handlers.model.request_list import Filter, RequestRow
from handlers.model.rights import MACHINE, ROLES, Grant, Rights
from handlers.model.unit_directory import UnitDirectory
from locales import N_, Translator


@dataclass(frozen=True, slots=True)
class ExportJob:
    """An export that somebody asked for."""

    rights: Rights
    wanted: Filter
    form: ExportForm
    t: Translator
    now: datetime
    chat: str = ""  #: id of the chat that asked; empty on the command line
    channel: str = "machine"


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written."""

    count: int  #: requests in it
    files: tuple[Path, ...]
    remarks: ExportRemarks = NO_REMARKS


class ExportWriter(Protocol):
    """Writes requests into a file of one form; called from one thread at a time."""

    @property
    def remarks(self) -> ExportRemarks:
        """What of the requests given is not in the file, or not as it should be."""

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Write some more."""

    def finish(self) -> None:
        """Write what stands at the end; the file is complete."""

    def abandon(self) -> None:
        """Close what is open; what was written is of no use."""


@dataclass(frozen=True, slots=True)
class ExportMetadata:
    """An order, and how many requests it reads."""

    order: ExportJob
    count: int

    @property
    def t(self) -> Translator:
        """Of its language."""
        return self.order.t

    @property
    def units(self) -> UnitDirectory:
        """As they were when it was ordered."""
        return self.order.rights.units

    def _format_holder(self, grant: Grant) -> str:
        """A role with its code, which the journal knows too; the operator has none."""
        role = self.t(ROLES[grant.role])
        return role if grant.id == MACHINE else f"{role} {grant.id}"

    def lines(self) -> list[tuple[str, str]]:
        """Labels and what stands behind them."""
        t, order = self.t, self.order
        return [
            (t(N_("Filter")), format_filter(order.wanted, self.units, t)),
            (t(N_("Exported at")), format_moment(order.now)),
            (t(N_("Requests in this file")), str(self.count)),
            (t(N_("Exported by")), ", ".join(self._format_holder(grant) for grant in order.rights.grants)),
            (t(N_("Program")), f"troly {version('troly-chung-thu')}"),
        ]
