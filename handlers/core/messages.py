"""Messages of the conversation: the events that a channel passes in, and the replies in a subset of HTML."""

from base64 import b64encode
from typing import Annotated, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter

from handlers.model import Chart, FormContent, ImportSheet, ListedCertificate, Reading


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(_Model):
    """A button, or a line of a numbered menu; ``tap`` comes back as ``ButtonTapped.data``."""

    label: str
    tap: str  #: at most 64 bytes
    numbered: bool = True  #: in a menu it has a number, counted from 1; else it is taken by its words
    zero: bool = False  #: in a menu it has the number 0


class Attachment(_Model):
    """A file to send with a message."""

    name: str
    media_type: str
    content: Base64Bytes

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> "Attachment":
        """Wrap raw bytes."""
        return cls(name=name, media_type=media_type, content=b64encode(content))


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    #: The channel's id of the message: the message whose button was tapped, or the one to delete if it holds a secret.
    message: str | None = None
    #: True for a message in a group, where no personal data may be shown.
    group: bool = False
    #: True if the message held a secret (in its caption, file name or edited text); the secret itself is not stored.
    secret: bool = False


class TextReceived(_Event):
    """A line of text, which may be a command (``/start``, ``2``, ``sap nhap``)."""

    kind: Literal["said"] = "said"
    text: str


class ButtonTapped(_Event):
    """A tapped button; ``data`` is a ``ScreenCallback`` or ``BroadcastCallback`` of at most 64 bytes."""

    kind: Literal["tapped"] = "tapped"
    data: str


class FileSent(_Event):
    """A file by reference; the channel can fetch its bytes later, and more than once."""

    kind: Literal["file"] = "file"
    reference: str
    name: str = ""
    size: int | None = None  #: in bytes, if the channel tells it
    album: bool = False  #: sent together with others
    caption: str = ""  #: the words under it, without any secret


class FileRead(_Event):
    """The result of a file that ``bot`` read outside the transaction."""

    kind: Literal["file_read"] = "file_read"
    name: str = ""
    reading: Reading
    album: bool = False  #: sent together with others
    caption: str = ""  #: the words under it, without any secret


class SheetRead(_Event):
    """The result of a spreadsheet (an exported list) that ``bot`` read outside the transaction."""

    kind: Literal["sheet_read"] = "sheet_read"
    sheet: ImportSheet
    caption: str = ""  #: the words under it, without any secret


class DrawChart(_Event):
    """An order to draw a chart between two turns; drawing inside a turn would block all other turns."""

    kind: Literal["draw_chart"] = "draw_chart"
    chart: Chart


class ChartDrawn(_Event):
    """The result of ``DrawChart``: the picture, or why there is none."""

    kind: Literal["chart_drawn"] = "chart_drawn"
    title: str
    picture: Base64Bytes | None = None  #: PNG
    #: The reason for a missing picture: the channel sends no files, the drawing library is not installed, or drawing
    #: failed.
    trouble: Literal["no_files", "not_installed", "failed"] | None = None

    @classmethod
    def of(cls, title: str, picture: bytes) -> "ChartDrawn":
        """Wrap the raw bytes of a PNG."""
        return cls(title=title, picture=b64encode(picture))


class MakeReport(_Event):
    """An order to make the report of a broadcast between two turns."""

    kind: Literal["make_report"] = "make_report"
    broadcast: str
    language: str


class ReportMade(_Event):
    """The result of ``MakeReport``: the file, or why there is none."""

    kind: Literal["report_made"] = "report_made"
    broadcast: str
    content: Base64Bytes | None = None  #: XLSX
    rows: int = 0
    roles: frozenset[str] = frozenset()  #: ids of the grants by which it was allowed
    #: The reason for a missing file: the channel sends no files, the report is too large for a chat, the broadcast is
    #: out of reach (or no longer within it), or making it failed.
    trouble: Literal["no_files", "too_much", "not_yours", "failed"] | None = None

    @classmethod
    def of(cls, broadcast: str, content: bytes, rows: int, roles: frozenset[str]) -> "ReportMade":
        """Wrap the raw bytes of an XLSX report."""
        return cls(broadcast=broadcast, content=b64encode(content), rows=rows, roles=roles)


class PrintedPart(_Model):
    """A paragraph of a document for print."""

    style: Literal["title", "heading", "lead", "text", "small"]
    text: str


class PrintAnswer(_Event):
    """An order to make the answer as a document for print between two turns."""

    kind: Literal["print_answer"] = "print_answer"
    name: str  #: of the file
    parts: tuple[PrintedPart, ...]


class AnswerPrinted(_Event):
    """The result of ``PrintAnswer``: the document, or why there is none."""

    kind: Literal["answer_printed"] = "answer_printed"
    name: str
    content: Base64Bytes | None = None  #: DOCX
    pdf: Base64Bytes | None = None  #: the same as PDF, where it can be made
    #: The reason for a missing document: the channel sends no files, or making it failed.
    trouble: Literal["no_files", "failed"] | None = None

    @classmethod
    def of(cls, name: str, content: bytes, pdf: bytes | None = None) -> "AnswerPrinted":
        """Wrap the raw bytes of a document, and of its PDF."""
        return cls(name=name, content=b64encode(content), pdf=b64encode(pdf) if pdf else None)


class MakeForms(_Event):
    """An order to fill in official forms between two turns: what was reviewed, and the page on what comes next."""

    kind: Literal["make_forms"] = "make_forms"
    contents: tuple[FormContent, ...]
    next_steps: tuple[PrintedPart, ...]
    said: tuple[str, ...] = ()  #: lines without markup to say with the files


class FormsMade(_Event):
    """The result of ``MakeForms``: the files, or why there are none."""

    kind: Literal["forms_made"] = "forms_made"
    files: tuple[Attachment, ...] = ()
    said: tuple[str, ...] = ()
    #: The reason for missing files: the channel sends none, or making them failed.
    trouble: Literal["no_files", "failed"] | None = None


class CertificatesListed(_Event):
    """The result of a list of certificates that ``bot`` read outside the transaction."""

    kind: Literal["certificates_listed"] = "certificates_listed"
    name: str = ""
    rows: tuple[ListedCertificate, ...] = ()
    trouble: str = ""  #: message id, where it cannot be read
    values: dict[str, str | int] = {}
    caption: str = ""  #: the words under it, without any secret


class MakeDossier(_Event):
    """An order to make the papers of a dossier between two turns."""

    kind: Literal["make_dossier"] = "make_dossier"
    dossier: str
    language: str
    order: str = ""  #: names the order on the button that stops it


class MakeList(_Event):
    """An order to make the empty list of certificates that an office fills in, between two turns."""

    kind: Literal["make_list"] = "make_list"


class ListMade(_Event):
    """The result of ``MakeList``: the file, or why there is none."""

    kind: Literal["list_made"] = "list_made"
    content: Base64Bytes | None = None  #: XLSX
    #: The reason for a missing file: the channel sends none, or making it failed.
    trouble: Literal["no_files", "failed"] | None = None

    @classmethod
    def of(cls, content: bytes) -> "ListMade":
        """Wrap the raw bytes of a list."""
        return cls(content=b64encode(content))


class DossierMade(_Event):
    """The result of ``MakeDossier``: one archive, or why there is none."""

    kind: Literal["dossier_made"] = "dossier_made"
    dossier: str
    content: Base64Bytes | None = None  #: ZIP
    changes: tuple[str, ...] = ()  #: what differs from the dossier before, a line each
    typed: bool = False  #: it was stopped by the command, whose turn comes next
    #: The reason for a missing archive: the channel sends no files, the dossier is not this person's (any more), making
    #: it failed, or the person stopped it.
    trouble: Literal["no_files", "not_yours", "failed", "stopped"] | None = None

    @classmethod
    def of(cls, dossier: str, content: bytes, changes: tuple[str, ...]) -> "DossierMade":
        """Wrap the raw bytes of an archive."""
        return cls(dossier=dossier, content=b64encode(content), changes=changes)


class MessageEdited(_Event):
    """An earlier message was edited. It is read as a new message, but never as the answer to the open question."""

    kind: Literal["edited"] = "edited"
    text: str = ""  #: what it says now, without any secret


class UnreadableReceived(_Event):
    """A message that the assistant cannot read: a photo, voice message, sticker or place."""

    kind: Literal["unreadable"] = "unreadable"
    what: Literal["photo", "audio", "video", "sticker", "text", "other"] = "other"  #: "text" is a text too long to read
    caption: str = ""  #: the words under it, without any secret


class Throttled(_Event):
    """The person writes faster than the throttle allows; this event comes once for each burst."""

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
    | PrintAnswer
    | AnswerPrinted
    | MakeForms
    | FormsMade
    | CertificatesListed
    | MakeDossier
    | DossierMade
    | MakeList
    | ListMade
    | UnreadableReceived
    | MessageEdited
    | Throttled,
    Field(discriminator="kind"),
]
EVENT_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
#: The events that order something which takes time: it is made between two turns and comes back as another event.
Order = DrawChart | MakeReport | PrintAnswer | MakeForms | MakeDossier | MakeList


class Reply(_Model):
    """One message. A channel splits a message that is too long between paragraphs, never inside markup."""

    paragraphs: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    #: "edit": replace message ``target`` by this one if the channel can, else send it;
    #: "buttons": replace the choices of message ``target`` (by none if there are none here) and keep its text; a
    #: channel that cannot do so sends this message, if it has any text;
    #: "delete": delete message ``target`` if the channel can (``paragraphs`` is empty).
    action: Literal["send", "edit", "buttons", "delete"] = "send"
    target: str | None = None
