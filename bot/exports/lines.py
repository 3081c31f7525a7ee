"""What the process that writes an export says on its standard output: one line of JSON each."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Progress(_Line):
    """So far."""

    kind: Literal["progress"] = "progress"
    done: int
    total: int


class Made(_Line):
    """A file of the folder, with the numbers of its first and last request in the list."""

    name: str
    media_type: str
    first: int
    last: int


class Finished(_Line):
    """All files are there."""

    kind: Literal["finished"] = "finished"
    files: tuple[Made, ...]
    count: int  #: requests
    left_out: int = 0  #: requests that have no place in a file of this form
    grants: tuple[str, ...]  #: ids of the roles by whose right it was written


class Lost(_Line):
    """There is no right to it any more."""

    kind: Literal["lost"] = "lost"


Line = Annotated[Progress | Finished | Lost, Field(discriminator="kind")]
LINES: TypeAdapter[Line] = TypeAdapter(Line)
