"""An export as a person in a chat orders it, and how far it is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from handlers.office.model import Filter
from locales import N_


class Form(StrEnum):
    """What an export looks like; the words of ``troly export requests --format``."""

    XLSX = "xlsx"
    CSV = "csv"
    JSONL = "jsonl"
    DOCX = "docx"
    IMPORT19 = "import19"


FORMS = {
    Form.XLSX: N_("Excel spreadsheet"),
    Form.CSV: N_("CSV table"),
    Form.JSONL: N_("JSON Lines, for programs"),
    Form.DOCX: N_("official lists, Mẫu 04/05/06 (DOCX)"),
    Form.IMPORT19: N_("the table of 19 columns"),
}


class ExportOrder(BaseModel):
    """What is to be written, in which language; by which rights is asked when it is written."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wanted: Filter
    form: Form
    language: Literal["vi", "en"] = "vi"


@dataclass(frozen=True, slots=True)
class ExportView:
    """An export that is waiting or being written."""

    id: str  #: XD-000012
    done: int  #: requests written so far
    total: int
