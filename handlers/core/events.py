"""What can reach the conversation, whatever the channel."""

from base64 import b64encode
from typing import Annotated, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter

from handlers.model.certificate import Reading
from handlers.model.chart import Chart
from handlers.model.imports import ImportSheet


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    #: The channel's own id of the message concerned: what a tap sits on, what a refused file is deleted by.
    message: str | None = None
    #: The message was said in a group, where nothing personal may be answered.
    group: bool = False
    #: A secret came with it (in a caption, a file's name, a changed message), of which nothing is kept.
    secret: bool = False


class TextReceived(_Event):
    """A line of text, commands included (``/start``, ``2``, ``sap nhap``)."""

    kind: Literal["said"] = "said"
    text: str


class ButtonTapped(_Event):
    """A button: ``question|option|session version`` in at most 64 bytes."""

    kind: Literal["tapped"] = "tapped"
    data: str


class FileSent(_Event):
    """A file, by reference: the channel can fetch its bytes later and again."""

    kind: Literal["file"] = "file"
    reference: str
    name: str = ""
    size: int | None = None  #: bytes, where the channel says
    album: bool = False  #: sent together with others


class FileRead(_Event):
    """A file, after ``bot`` has read it outside the transaction."""

    kind: Literal["file_read"] = "file_read"
    name: str = ""
    reading: Reading
    album: bool = False  #: sent together with others


class SheetRead(_Event):
    """A spreadsheet that is an exported list, after ``bot`` has read it outside the transaction."""

    kind: Literal["sheet_read"] = "sheet_read"
    sheet: ImportSheet


class DrawChart(_Event):
    """A chart that was asked for, to be drawn between two turns: drawing inside one would hold up all others."""

    kind: Literal["draw_chart"] = "draw_chart"
    chart: Chart


class ChartDrawn(_Event):
    """The chart, after ``bot`` has drawn it."""

    kind: Literal["chart_drawn"] = "chart_drawn"
    title: str
    picture: Base64Bytes | None = None  #: PNG
    #: Why there is none: the channel sends no files, the drawing library is not installed, or it failed.
    trouble: Literal["no_files", "not_installed", "failed"] | None = None

    @classmethod
    def of(cls, title: str, picture: bytes) -> "ChartDrawn":
        """A chart of raw bytes."""
        return cls(title=title, picture=b64encode(picture))


class MakeReport(_Event):
    """A broadcast's report that was asked for, to be made between two turns."""

    kind: Literal["make_report"] = "make_report"
    broadcast: str
    language: str


class ReportMade(_Event):
    """The report, after ``bot`` has made it."""

    kind: Literal["report_made"] = "report_made"
    broadcast: str
    content: Base64Bytes | None = None  #: XLSX
    rows: int = 0
    roles: frozenset[str] = frozenset()  #: ids of the grants by which it was made
    #: Why there is none: the channel sends no files, it has more than a chat is given, it is not within reach (any
    #: more), or it failed.
    trouble: Literal["no_files", "too_much", "not_yours", "failed"] | None = None

    @classmethod
    def of(cls, broadcast: str, content: bytes, rows: int, roles: frozenset[str]) -> "ReportMade":
        """A report of raw bytes."""
        return cls(broadcast=broadcast, content=b64encode(content), rows=rows, roles=roles)


class MessageEdited(_Event):
    """An earlier message was changed. It is no second answer; what it says is looked through for secrets only."""

    kind: Literal["edited"] = "edited"


class UnreadableReceived(_Event):
    """Something the assistant cannot read: a photo, a voice message, a sticker, a place."""

    kind: Literal["unreadable"] = "unreadable"
    what: Literal["photo", "audio", "video", "sticker", "text", "other"] = "other"  #: "text": one too long to read


class Throttled(_Event):
    """The person writes faster than the throttle lets through; said once per burst."""

    kind: Literal["too_much"] = "too_much"


Event = Annotated[
    TextReceived
    | ButtonTapped
    | FileSent
    | FileRead
    | SheetRead
    | DrawChart
    | ChartDrawn
    | MakeReport
    | ReportMade
    | UnreadableReceived
    | MessageEdited
    | Throttled,
    Field(discriminator="kind"),
]
EVENT_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
