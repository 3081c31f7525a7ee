"""What the conversation says, whatever the channel. Text is an HTML subset: b, i, u, code, a."""

from base64 import b64encode
from typing import Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(_Model):
    """A button, or a line of a numbered menu; ``tap`` comes back as ``Tapped.data``."""

    label: str
    tap: str  #: at most 64 bytes
    numbered: bool = True  #: in a menu a number takes it; else its words do


class Attachment(_Model):
    """A document to send."""

    name: str
    media_type: str
    content: Base64Bytes

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> "Attachment":
        """An attachment of raw bytes."""
        return cls(name=name, media_type=media_type, content=b64encode(content))


class Reply(_Model):
    """One message. A channel splits it between paragraphs where it is too long, never inside markup."""

    paragraphs: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    #: "edit": put this in place of message ``target`` where the channel can, else send it;
    #: "buttons": give message ``target`` these choices instead of its own, or none, and leave its text alone; where
    #: the channel cannot, send it, if there is anything to say;
    #: "delete": take message ``target`` away where the channel can (``paragraphs`` is empty).
    action: Literal["send", "edit", "buttons", "delete"] = "send"
    target: str | None = None
