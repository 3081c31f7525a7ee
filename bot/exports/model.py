"""Define an export's order and result, and the port of its writers."""

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from handlers.admin.requests.text import format_filter
from handlers.core.dates import format_moment
from handlers.model.exports import NO_REMARKS, ExportForm, ExportRemarks
from handlers.model.request_list import Filter
from handlers.model.rights import MACHINE, ROLES, Grant, Rights
from handlers.model.unit_directory import UnitDirectory
from locales import N_, Translator


@dataclass(frozen=True, slots=True)
class ExportJob:
    """The order of an export: who asked, for which requests, in which form and language, and when."""

    rights: Rights
    wanted: Filter
    form: ExportForm
    t: Translator
    now: datetime
    chat: str = ""  #: id of the chat that asked; empty on the command line
    channel: str = "machine"


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The files that an export wrote, and its remarks."""

    count: int  #: requests in the files
    files: tuple[Path, ...]
    remarks: ExportRemarks = NO_REMARKS


@dataclass(frozen=True, slots=True)
class ExportMetadata:
    """An order, and the number of requests it reads."""

    order: ExportJob
    count: int

    @property
    def t(self) -> Translator:
        """Return the translator of the order's language."""
        return self.order.t

    @property
    def units(self) -> UnitDirectory:
        """Return the units as they were when the export was ordered."""
        return self.order.rights.units

    def _format_holder(self, grant: Grant) -> str:
        """Format a role with its code, which the journal also has; the operator has no code."""
        role = self.t(ROLES[grant.role])
        return role if grant.id == MACHINE else f"{role} {grant.id}"

    def lines(self) -> list[tuple[str, str]]:
        """Return labels and values that describe the file."""
        t, order = self.t, self.order
        return [
            (t(N_("Filter")), format_filter(order.wanted, self.units, t)),
            (t(N_("Exported at")), format_moment(order.now)),
            (t(N_("Requests in this file")), str(self.count)),
            (t(N_("Exported by")), ", ".join(self._format_holder(grant) for grant in order.rights.grants)),
            (t(N_("Program")), f"troly {version('troly-chung-thu')}"),
        ]
