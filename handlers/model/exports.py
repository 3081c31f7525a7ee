"""Exports ordered in a chat: the order, the remarks about a file, and the progress."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from handlers.model.requests import Filter, RequestState
from locales import N_


class ExportForm(StrEnum):
    """The form of an exported file; the values are those of ``troly export requests --format``."""

    XLSX = "xlsx"
    CSV = "csv"
    JSONL = "jsonl"
    DOCX = "docx"
    IMPORT19 = "import19"


EXPORT_FORM_LABELS = {
    ExportForm.XLSX: N_("Excel spreadsheet"),
    ExportForm.CSV: N_("CSV table"),
    ExportForm.JSONL: N_("JSON Lines, for programs"),
    ExportForm.DOCX: N_("official lists, Mẫu 04/05/06 (DOCX)"),
    ExportForm.IMPORT19: N_("the table of 19 columns"),
}


class ExportOrder(BaseModel):
    """An order for an export. It carries no rights: those of the orderer are looked up when the file is written."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wanted: Filter
    form: ExportForm
    language: Literal["vi", "en"] = "vi"


class FinishedExport(ExportOrder):
    """An order with what became of it, for a page that shows both."""

    told: tuple[str, ...] = ()  #: paragraphs on the files, or on why there are none, in the HTML subset of replies
    roles: tuple[str, ...] = ()  #: ids of the roles by which the files were made
    tries: int = 1  #: the try that made them


class ExportRemarks(BaseModel):
    """Facts about an exported file to tell besides the number of requests in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sending: tuple[RequestState, ...] = ()  #: states whose requests a list to be sent on includes
    states: dict[RequestState, int] = {}  #: left out because of their state, by state
    others: int = 0  #: left out because this form of file is not for them
    serials: int = 0  #: in the file, with the serial number to be filled in by hand
    joined: int = 0  #: in the file, in the row of another request for the same certificate
    unreadable: int = 0  #: no longer readable; lists to be sent on leave them out
    missing: int = 0  #: the unreadable ones that are left out

    @property
    def left_out(self) -> int:
        """Return the number of requests that were read but are not in the file."""
        return sum(self.states.values()) + self.others + self.missing

    def __add__(self, further: "ExportRemarks") -> "ExportRemarks":
        """Return the remarks about two files of the same order."""
        return ExportRemarks(
            sending=further.sending,
            states=dict(Counter(self.states) + Counter(further.states)),
            others=self.others + further.others,
            serials=self.serials + further.serials,
            joined=self.joined + further.joined,
            unreadable=self.unreadable + further.unreadable,
            missing=self.missing + further.missing,
        )


#: No remarks: every request that was read is in the file unchanged.
NO_REMARKS = ExportRemarks()


@dataclass(frozen=True, slots=True)
class ExportStatus:
    """The progress of an export that is waiting or being written."""

    id: str  #: XD-000012
    done: int  #: requests written so far
    total: int
