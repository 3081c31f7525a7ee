"""What a conversation remembers: the answers given, the pack they were given under, and the screen that is open."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from handlers.certificate import Certificate
from handlers.events import FileSent

#: Screens that are visited and left again.
ASIDE = frozenset({"language", "stopped", "erase"})


class Draft(BaseModel):
    """A request being written: field name -> what was typed; ``code`` where an existing one is amended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: dict[str, str] = {}
    code: str | None = None
    editing: str | None = None  #: the field that is asked again
    doubted: str | None = None  #: a typed unit that the certificate contradicts, waiting for a yes


class Session(BaseModel):
    """Frozen: a turn makes a new one. Nothing that can be derived is kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Literal["vi", "en"] = "vi"
    consented_at: datetime | None = None
    #: Part of every button: a tap from an older screen is told so.
    version: int = 0
    pack: str = ""
    #: Fact -> value as in JSON, in the order of answering.
    answers: dict[str, Any] = {}
    certificate: Certificate | None = None
    #: Name of the open screen, and what it is about (a fact, a request code).
    screen: str = "welcome"
    about: str | None = None
    #: Options ticked so far where several may be chosen.
    ticked: tuple[str, ...] = ()
    #: Options offered as "did you mean", best first.
    guesses: tuple[str, ...] = ()
    #: Certificates of the last file, waiting for a yes.
    offered: tuple[Certificate, ...] = ()
    #: Expiry typed by hand, waiting for the issuer.
    typed_expiry: date | None = None
    #: A file sent before consent; read as soon as there is consent.
    waiting_file: FileSent | None = None
    draft: Draft | None = None

    def at(self, screen: str, about: str | None = None, **changes: Any) -> "Session":
        """This session with another screen open: ticks and guesses belong to the old one."""
        return self.model_copy(update={"screen": screen, "about": about, "ticked": (), "guesses": (), **changes})

    def aside(self, screen: str) -> "Session":
        """A short visit to another screen, from which ``back`` returns; during a visit the first way back is kept."""
        way_back = self.about if self.screen in ASIDE else f"{self.screen}|{self.about or ''}"
        return self.having(screen=screen, about=way_back, guesses=())

    def back(self) -> "Session":
        """The screen that was open before the visit."""
        screen, _, about = (self.about or "question|").partition("|")
        return self.having(screen=screen, about=about or None, guesses=())

    def having(self, **changes: Any) -> "Session":
        """This session with some fields changed."""
        return self.model_copy(update=changes)
