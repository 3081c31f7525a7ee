"""The messages of the conversation, for every channel. Texts use a subset of HTML: b, i, u, code, a."""

from base64 import b64encode
from typing import Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(_Model):
    """A button, or a line of a numbered menu; ``tap`` comes back as ``ButtonTapped.data``."""

    label: str
    tap: str  #: at most 64 bytes
    numbered: bool = True  #: in a menu it has a number; else it is taken by its words


class Attachment(_Model):
    """A file to send with a message."""

    name: str
    media_type: str
    content: Base64Bytes

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> "Attachment":
        """Wrap raw bytes."""
        return cls(name=name, media_type=media_type, content=b64encode(content))


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
