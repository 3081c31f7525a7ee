"""A request and its life: it begins when it is sent. What is still being written lives in ``Session.draft``."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from handlers.folding import fold
from rules.facts import Event, Subject
from rules.outcome import Procedure


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RequestState(StrEnum):
    """Where a request stands. The conversation registers as SUBMITTED."""

    DRAFT = "draft"  #: registered for the subscriber by somebody else, an import for one; theirs to send
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    SENT_BACK = "sent_back"
    FORWARDED = "forwarded"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


#: The only moves there are: from -> to. Guarded again in the store by the current state.
REQUEST_TRANSITIONS: dict[RequestState, frozenset[RequestState]] = {
    RequestState.DRAFT: frozenset({RequestState.SUBMITTED, RequestState.WITHDRAWN}),
    RequestState.SUBMITTED: frozenset(
        {RequestState.ACCEPTED, RequestState.SENT_BACK, RequestState.REFUSED, RequestState.WITHDRAWN}
    ),
    RequestState.SENT_BACK: frozenset({RequestState.SUBMITTED, RequestState.WITHDRAWN}),
    RequestState.ACCEPTED: frozenset(
        {RequestState.FORWARDED, RequestState.SENT_BACK, RequestState.REFUSED, RequestState.WITHDRAWN}
    ),
    RequestState.FORWARDED: frozenset({RequestState.DONE, RequestState.REFUSED, RequestState.SENT_BACK}),
    RequestState.DONE: frozenset(),
    RequestState.REFUSED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
}
#: States whose content the officer may still change.
AMENDABLE_STATES = frozenset({RequestState.DRAFT, RequestState.SUBMITTED, RequestState.SENT_BACK})
#: States in which the same certificate and procedure is not asked for twice.
OPEN_STATES = frozenset(
    {RequestState.DRAFT, RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.SENT_BACK, RequestState.FORWARDED}
)
#: States that must outlive a wish to delete: the paper is on its way to the provider.
RETAINED_STATES = frozenset({RequestState.FORWARDED})


class RequestContent(_Model):
    """What is asked for; personal throughout, sealed in the store."""

    subject: Subject
    subscriber: str  #: name of the body, the person or the device
    unit: str  #: the managing body that files it
    unit_code: str | None = None  #: the same in the tree of units, where it is known there
    certificate_name: str | None = None
    serial: str | None = None
    signed_serial: str | None = None  #: of a certificate that was read and whose number is negative
    not_after: date | None = None
    procedure: Procedure
    form: str | None = None
    events: tuple[Event, ...] = ()
    #: New information the change is about: new_name, new_address, new_superior, new_email, new_unit.
    news: dict[str, str] = {}
    #: The decision with its citations, as it was given, in the language it was given in.
    decision: str
    pack: str  #: name and version of the rule pack, such as "nhon_trach 1"
    channel: str
    #: What was kept cannot be read any more: only the procedure is known. Never stored.
    unreadable: bool = Field(default=False, exclude=True)

    @property
    def certificate_key(self) -> str:
        """What tells one certificate from another: its serial, else whose it is."""
        return self.signed_serial or self.serial or fold(self.subscriber)

    def to_minimal(self) -> "RequestContent":
        """What the paper under way is about: who, which certificate, what is asked; not what was told besides."""
        return self.model_copy(update={"events": (), "decision": ""})


class RequestStep(_Model):
    """A recorded move."""

    state: RequestState
    at: datetime
    by: str  #: "subscriber", or the actor's id
    note: str = ""  #: why, as whoever moved it wrote to the subscriber


class Request(_Model):
    """A registered request."""

    code: str  #: YC-2026-000123
    state: RequestState
    content: RequestContent
    history: tuple[RequestStep, ...]
