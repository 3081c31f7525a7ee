"""A request and its states, from the moment it is sent; while it is written it is ``Session.draft``."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from handlers.folding import fold
from rules.facts import Event, Subject
from rules.outcome import Procedure


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RequestState(StrEnum):
    """The state of a request. The conversation registers requests as SUBMITTED."""

    DRAFT = "draft"  #: registered by somebody else, such as an import; the subscriber must send it
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    SENT_BACK = "sent_back"
    FORWARDED = "forwarded"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


#: The only allowed moves, from -> to. The store guards them again by the current state.
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
#: States in which the officer may still change the content.
AMENDABLE_STATES = frozenset({RequestState.DRAFT, RequestState.SUBMITTED, RequestState.SENT_BACK})
#: States in which a second request for the same certificate and procedure is not accepted.
OPEN_STATES = frozenset(
    {RequestState.DRAFT, RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.SENT_BACK, RequestState.FORWARDED}
)
#: States in which a request is kept even if its officer deletes their data: the paper is on its way to the provider.
RETAINED_STATES = frozenset({RequestState.FORWARDED})


class RequestContent(_Model):
    """The content of a request; all of it is personal data, sealed in the store."""

    subject: Subject
    subscriber: str  #: name of the body, the person or the device
    unit: str  #: the managing body that files it
    unit_code: str | None = None  #: code of the managing body if it is in the tree of units
    certificate_name: str | None = None
    serial: str | None = None
    signed_serial: str | None = None  #: set if a certificate was read whose number is negative
    not_after: date | None = None
    procedure: Procedure
    form: str | None = None
    events: tuple[Event, ...] = ()
    #: The new values that a change is about: new_name, new_address, new_superior, new_email, new_unit.
    news: dict[str, str] = {}
    #: What the certificate says in their place, as far as it was read; by the same names.
    old: dict[str, str] = {}
    email: str | None = None  #: the e-mail address on the certificate
    province: str | None = None  #: the province on the certificate
    #: The decision with its citations, in the words and language in which it was given.
    decision: str
    pack: str  #: name and version of the rule pack, such as "nhon_trach 1"
    channel: str
    #: True if the stored content cannot be decrypted: only the procedure is known. Never stored.
    unreadable: bool = Field(default=False, exclude=True)

    @property
    def certificate_key(self) -> str:
        """Return the key that identifies the certificate: its serial number, else the folded name of the subscriber."""
        return self.signed_serial or self.serial or fold(self.subscriber)

    def to_minimal(self) -> "RequestContent":
        """Return the content without events and decision: only what the paper under way is about."""
        return self.model_copy(update={"events": (), "decision": ""})


class RequestStep(_Model):
    """A recorded move of a request."""

    state: RequestState
    at: datetime
    by: str  #: "subscriber", or the actor's id
    note: str = ""  #: the reason, as written to the subscriber


class Request(_Model):
    """A registered request."""

    code: str  #: YC-2026-000123
    state: RequestState
    content: RequestContent
    history: tuple[RequestStep, ...]
