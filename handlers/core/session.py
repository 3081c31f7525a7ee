"""What a conversation remembers: the answers given, the pack they were given under, and the screen that is open."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from handlers.core.events import FileSent
from handlers.model.certificate import Certificate
from handlers.model.request import RequestState
from handlers.model.request_list import Filter


class RequestDraft(BaseModel):
    """A request being written. It lives here until it is sent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Field name -> what was typed; an empty value is "not known".
    fields: dict[str, str] = {}
    #: The managing body in the tree of units, where the field ``unit`` names one of it.
    unit_code: str | None = None
    #: The answer as it was given when the request was begun.
    answer: str = ""
    #: The request that is amended.
    code: str | None = None
    #: The field that is asked again.
    editing: str | None = None
    #: A typed value that the certificate contradicts, waiting for a yes.
    doubted: str | None = None


class ScreenPosition(BaseModel):
    """A screen, and what it is about (a fact, a request code)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    screen: str
    about: str | None = None


class DerivedEvents(BaseModel):
    """What happened, filled in from what became of a former unit instead of answered; it holds for these only."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Fingerprint of the certificate that names the former unit.
    certificate: str
    #: The former unit, and the one of today that the officer told.
    former: str
    unit: str


class RequestListView(BaseModel):
    """What somebody with a role looks at: requests, by which filter, from where on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wanted: Filter = Filter()
    #: Numbers before which each page turned so far begins; the last one is the open page's.
    turned: tuple[int, ...] = ()
    #: Of the request that is open: what was seen, so that nothing newer is overwritten.
    revision: int | None = None
    #: The state chosen for it, or for all that are meant, waiting for a reason or a yes.
    moving_to: RequestState | None = None
    #: The reason given.
    note: str = ""
    #: Of all that are meant (``Prospect.mark``): a yes is to these and to no others.
    mark: str = ""
    #: The unit whose numbers are open.
    unit: str | None = None


class BroadcastView(BaseModel):
    """What somebody with a role looks at among the broadcasts, or is about to write."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Of the broadcast that is open.
    name: str | None = None
    #: What was seen of it, so that nothing newer is approved or overwritten.
    revision: int | None = None
    #: Ids before which each page of the list turned so far begins.
    turned: tuple[str, ...] = ()
    #: A new one has no name before it has a title: whether it is a campaign, and its deadline, wait here.
    campaign: bool = False
    deadline: date | None = None
    #: What is still to be said of a new one is asked for, part by part.
    guided: bool = False
    #: What waits for a yes.
    wish: Literal["approve", "start", "cancel", "resend"] | None = None
    #: It was paused, and stands at that revision, only while the yes is waited for.
    paused: bool = False


class Session(BaseModel):
    """Frozen: a turn makes a new one. Nothing that can be derived is kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Literal["vi", "en"] = "vi"
    consented_at: datetime | None = None
    #: Part of every button: a tap from an older screen is told so.
    version: int = 0
    #: The rule pack the answers were given under.
    pack: str = ""
    #: Fact -> value as in JSON, in the order of answering.
    answers: dict[str, Any] = {}
    certificate: Certificate | None = None
    screen: str = "welcome"
    about: str | None = None
    #: The way back from a short visit to another screen.
    came_from: ScreenPosition | None = None
    #: Options ticked so far where several may be chosen.
    ticked: tuple[str, ...] = ()
    #: Options offered as "did you mean", best first.
    guesses: tuple[str, ...] = ()
    #: Certificates of the last file, waiting for a yes.
    offered: tuple[Certificate, ...] = ()
    #: Expiry typed by hand, waiting for the issuer.
    typed_expiry: date | None = None
    #: Files sent before consent; read as soon as there is consent.
    waiting_files: tuple[FileSent, ...] = ()
    draft: RequestDraft | None = None
    #: A draft that was left before it was sent: where the request is begun again, what was typed is there again.
    set_aside: RequestDraft | None = None
    #: The officer's own unit, by its code in the tree.
    unit: str | None = None
    #: The question for the unit was put and left open.
    unit_skipped: bool = False
    #: Where the answer to what happened was filled in; ``None`` where the officer gave it.
    derived: DerivedEvents | None = None
    #: Counts certificates taken up: each has a standing of its own in the register.
    interview: int = 1
    #: What the requests registered in this interview are found by (``Content.certificate_key``).
    registered_key: str | None = None
    #: How the request list was left by somebody with a role.
    desk: RequestListView | None = None
    #: How the broadcasts were left by somebody with a role.
    broadcast: BroadcastView | None = None
    #: What the messages with the open page's buttons say before its question, and go on saying once they are put short
    #: to question and answer. ``None``: they say more than a question, and are left alone.
    said_before: str | None = None
    #: A PIN, a password or a private key was sent here: the key may be exposed.
    warned: bool = False

    @classmethod
    def load(cls, text: str) -> "Session":
        """A stored session. What an earlier version of the program wrote and this one cannot read is left out."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            unreadable = {fault["loc"][0] for fault in error.errors() if fault["loc"]}
            stored = from_json(text) if unreadable else {}
            return cls.model_validate({name: value for name, value in stored.items() if name not in unreadable})

    def dump(self, most: int) -> str:
        """As JSON; without what a file offered where it would have more characters than that."""
        text = self.model_dump_json()
        return text if len(text) <= most else self.with_changes(offered=()).model_dump_json()

    def with_screen(self, screen: str, about: str | None = None, **changes: Any) -> "Session":
        """This session with another screen open: ticks and guesses belong to the old one."""
        there = {"screen": screen, "about": about, "ticked": (), "guesses": (), "came_from": None}
        return self.with_changes(**{**there, **changes})

    def open_visit(self, screen: str) -> "Session":
        """A short visit to another screen, from which ``back`` returns; during a visit the first way back is kept."""
        way_back = self.came_from or ScreenPosition(screen=self.screen, about=self.about)
        return self.with_screen(screen, came_from=way_back, ticked=self.ticked)

    def to_previous_screen(self) -> "Session":
        """The screen that was open before the visit."""
        place = self.came_from or ScreenPosition(screen="question")
        return self.with_screen(place.screen, place.about, ticked=self.ticked)

    def to_next_interview(self) -> "Session":
        """This session with the next certificate taken up: it has a standing of its own, and no request yet."""
        return self.with_changes(interview=self.interview + 1, registered_key=None)

    def with_changes(self, **changes: Any) -> "Session":
        """This session with some fields changed."""
        return self.model_copy(update=changes)
