"""What the process that writes an export says on its standard output: one line of JSON each."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from handlers.office.exporting import NOTHING_TO_REMARK, Remarks


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Progress(_Line):
    """So far."""

    kind: Literal["progress"] = "progress"
    done: int
    total: int


class Made(_Line):
    """A file of the folder, with the numbers of the first and the last that it holds."""

    name: str
    media_type: str
    holds: Literal["requests", "lists"] = "requests"
    first: int  #: from 1
    last: int


class Finished(_Line):
    """All files are there."""

    kind: Literal["finished"] = "finished"
    files: tuple[Made, ...]
    count: int  #: requests in them
    remarks: Remarks = NOTHING_TO_REMARK
    grants: tuple[str, ...]  #: ids of the roles by whose right it was written
    unit: str | None = None  #: whose admins may read of it


class Lost(_Line):
    """There is no right to it any more."""

    kind: Literal["lost"] = "lost"


class Refused(_Line):
    """There is nothing to write in this form; the sentence is for the person."""

    kind: Literal["refused"] = "refused"
    why: str


LastWord = Finished | Lost | Refused
Line = Annotated[Progress | LastWord, Field(discriminator="kind")]
LINES: TypeAdapter[Line] = TypeAdapter(Line)
