"""An export as a person in a chat orders it, and how far it is."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from handlers.model.request import RequestState
from handlers.model.request_list import Filter
from locales import N_


class ExportForm(StrEnum):
    """What an export looks like; the words of ``troly export requests --format``."""

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
    """What is to be written, in which language; by which rights is asked when it is written."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wanted: Filter
    form: ExportForm
    language: Literal["vi", "en"] = "vi"


class ExportRemarks(BaseModel):
    """What is to be said of a file beside how many requests are in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sending: tuple[RequestState, ...] = ()  #: states whose requests a list to be sent on takes
    states: dict[RequestState, int] = {}  #: left out for the state they are in
    others: int = 0  #: left out because this kind of file is not for them
    serials: int = 0  #: in it, the serial number left blank for the hand
    joined: int = 0  #: in it, in the row of another request for the same certificate
    unreadable: int = 0  #: kept, but no longer readable; in a list to be sent on they are left out
    missing: int = 0  #: of those, the ones that are left out

    @property
    def left_out(self) -> int:
        """Requests read that are not in the file."""
        return sum(self.states.values()) + self.others + self.missing

    def __add__(self, further: "ExportRemarks") -> "ExportRemarks":
        """Of a file and of one more of the same order."""
        return ExportRemarks(
            sending=further.sending,
            states=dict(Counter(self.states) + Counter(further.states)),
            others=self.others + further.others,
            serials=self.serials + further.serials,
            joined=self.joined + further.joined,
            unreadable=self.unreadable + further.unreadable,
            missing=self.missing + further.missing,
        )


#: Every request read is in the file as it is.
NO_REMARKS = ExportRemarks()


@dataclass(frozen=True, slots=True)
class ExportStatus:
    """An export that is waiting or being written."""

    id: str  #: XD-000012
    done: int  #: requests written so far
    total: int
