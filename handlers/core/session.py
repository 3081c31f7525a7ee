"""The session: everything a conversation remembers, and nothing that can be derived from it."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from handlers.core.messages import FileSent
from handlers.model import Certificate, Filter, FormDraft, RequestState


class RequestDraft(BaseModel):
    """A request that is being written; it exists only in the session until it is sent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Field name -> typed value; an empty value means "not known".
    fields: dict[str, str] = {}
    #: Code of the managing body if the field ``unit`` was matched to the tree of units.
    unit_code: str | None = None
    #: The decision as it was shown when the request was begun.
    answer: str = ""
    #: Code of the request that is being amended; ``None`` for a new one.
    code: str | None = None
    #: The field that is being asked again.
    editing: str | None = None
    #: A typed value that contradicts the certificate and waits for confirmation.
    doubted: str | None = None


class ScreenPosition(BaseModel):
    """A screen and its subject (a fact, the code of a request)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    screen: str
    about: str | None = None


class DerivedEvents(BaseModel):
    """The source of events that were filled in from the succession of a former unit instead of answered."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Fingerprint of the certificate that they hold for; ``None`` until a file was read.
    certificate: str | None = None
    #: The former unit, and the present one that the officer named.
    former: str
    unit: str


class Understood(BaseModel):
    """Holds what was understood of a free sentence until it is confirmed; nothing of it counts before."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Fact -> JSON value, as in ``Session.answers``.
    answers: dict[str, Any] = {}
    #: The last day of the certificate, while its issuer is not known.
    expiry: date | None = None
    #: True if it was told that the certificate has ended, but not when, which is asked.
    expired: bool = False
    #: The name of the present unit, as it was typed.
    unit: str | None = None
    #: True if a merger was told but not which kind, which is asked.
    merged: bool = False
    #: Fact -> what an earlier sentence said of it, which waited too: the two are shown side by side.
    replaced: dict[str, Any] = {}

    @property
    def is_day_alone(self) -> bool:
        """Return whether nothing was told but the last day of the certificate."""
        return self.expiry is not None and not (self.answers or self.unit or self.merged or self.expired)

    def followed_by(self, fresh: "Understood") -> "Understood":
        """Return this with what a later sentence said over it; what it says otherwise is kept beside it."""
        answers = {**self.answers, **fresh.answers}
        changed = {fact: self.answers[fact] for fact in fresh.answers if fact in self.answers}
        replaced = {fact: said for fact, said in {**changed, **self.replaced}.items() if answers[fact] != said}
        return Understood(
            answers=answers,
            expiry=None if "certificate" in answers else fresh.expiry or self.expiry,
            expired="certificate" not in answers and not fresh.expiry and (fresh.expired or self.expired),
            unit=fresh.unit or self.unit,
            merged=fresh.merged or (self.merged and "events" not in fresh.answers),
            replaced=replaced,
        )


class Retraction(BaseModel):
    """The answers that would take back a safety-relevant fact; they wait for a confirmation of their own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: All answers as they would be, as in ``Session.answers``.
    answers: dict[str, Any] = {}
    #: The file that they go with; ``None`` if none does.
    certificate: Certificate | None = None
    #: Where their events were filled in from.
    derived: DerivedEvents | None = None


class RequestListView(BaseModel):
    """The state of the request list for a person with a role: filter, page, and the request that is open."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wanted: Filter = Filter()
    #: The day on which the filter was chosen: on another day the list opens at what is not finished.
    chosen_on: date | None = None
    #: ``RequestRow.number`` before which each page turned so far begins; the last one is the open page's.
    turned: tuple[int, ...] = ()
    #: Revision of the open request as it was seen, so that nothing newer is overwritten.
    revision: int | None = None
    #: The state chosen for the open request or for all matching ones, while a reason or a confirmation is awaited.
    moving_to: RequestState | None = None
    #: The reason that was given for it.
    note: str = ""
    #: ``BulkPreview.mark`` of the matching requests: a confirmation is valid for exactly these.
    mark: str = ""
    #: The unit whose statistics are open.
    unit: str | None = None


class BroadcastView(BaseModel):
    """The state of the broadcast screens for a person with a role."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Id of the open broadcast; ``None`` while a new one has no title yet.
    name: str | None = None
    #: Its revision as it was seen, so that nothing newer is approved or overwritten.
    revision: int | None = None
    #: Ids before which each page turned so far begins.
    turned: tuple[str, ...] = ()
    #: The kind and the deadline of a new broadcast, kept here until it has a title and with it an id.
    campaign: bool = False
    deadline: date | None = None
    #: True while a new broadcast is being filled in part by part.
    guided: bool = False
    #: The action that waits for confirmation.
    wish: Literal["approve", "start", "cancel", "resend"] | None = None
    #: True if the broadcast was paused only for the time of the confirmation; ``revision`` is then that of the pause.
    paused: bool = False


class OfficeView(BaseModel):
    """The state of the screens of receiving offices for a person with a role."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Code of the unit whose offices are open; ``None``: those for everybody.
    unit: str | None = None
    #: Field name -> value of the office that is being described; empty: not known.
    fields: dict[str, str] = {}
    #: Values of the procedures that it receives.
    procedures: tuple[str, ...] = ()
    #: Id of the office that is changed, with its revision as it was seen; ``None`` for a new one.
    office: str | None = None
    revision: int = 0
    #: True while one field is asked after the other.
    guided: bool = False
    #: The source of an office that was only assumed: it proves nothing once the office has confirmed.
    assumed_source: str = ""
    #: ``Session.about`` of the office from which the change began.
    back: str | None = None


class Session(BaseModel):
    """Holds all that a conversation remembers. It is frozen: each turn makes a new one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Literal["vi", "en"] = "vi"
    consented_at: datetime | None = None
    #: Carried by every button, so that a tap on an older screen is recognised as outdated.
    version: int = 0
    #: Label of the rule pack under which the answers were given.
    pack: str = ""
    #: Fact -> JSON value, in the order of answering.
    answers: dict[str, Any] = {}
    certificate: Certificate | None = None
    screen: str = "welcome"
    about: str | None = None
    #: The position to return to after a short visit to another screen.
    came_from: ScreenPosition | None = None
    #: Options ticked so far on a page where several may be chosen.
    ticked: tuple[str, ...] = ()
    #: Options offered as "did you mean", best first.
    guesses: tuple[str, ...] = ()
    #: Messages in a row that were not understood: each of them is answered in other words.
    misses: int = 0
    #: Certificates of the last file, while the officer has not confirmed one.
    offered: tuple[Certificate, ...] = ()
    #: Expiry day typed by hand, while the issuer is not known yet.
    typed_expiry: date | None = None
    #: Last day that a sentence told; the page that asks for it shows it, and counts it once it is answered.
    told_expiry: date | None = None
    #: True if it was told that the certificate has ended, but not when: the day is asked for once more.
    told_ended: bool = False
    #: What a sentence said, until it is confirmed; a sentence before consent waits here too, without its words.
    understood: Understood | None = None
    #: Fact -> its confirmed values that bear on safety (lost, exposed, died, dissolved); each stays until taking it
    #: back was confirmed, or another certificate is taken up.
    safety_facts: dict[str, tuple[str, ...]] = {}
    #: Answers that would take one of them back, while that is being asked.
    retraction: Retraction | None = None
    #: Name of the present unit as a confirmed sentence had it; it is offered when a request asks for it.
    named_unit: str | None = None
    #: Files sent before consent; they are read once consent is given.
    waiting_files: tuple[FileSent, ...] = ()
    draft: RequestDraft | None = None
    #: A draft that was left unsent; its values are offered again when a request is begun.
    set_aside: RequestDraft | None = None
    #: What was typed for official forms, while they are filled in and for the next ones.
    forms: FormDraft | None = None
    #: Code of the officer's own unit in the tree.
    unit: str | None = None
    #: True if the question for the unit was asked and skipped.
    unit_skipped: bool = False
    #: Source of the answer about events if it was filled in; ``None`` if the officer gave it.
    derived: DerivedEvents | None = None
    #: Number of the present certificate, counted per chat; each has its own ``InterviewStatus`` in the register.
    interview: int = 1
    #: ``RequestContent.certificate_key`` of the requests registered in this interview.
    registered_key: str | None = None
    #: State of the request list, for a person with a role.
    desk: RequestListView | None = None
    #: State of the broadcast screens, for a person with a role.
    broadcast: BroadcastView | None = None
    #: State of the screens of receiving offices, for a person with a role.
    receiving: OfficeView | None = None
    #: Text before the question in the messages that carry the open page's buttons, with which such a message can be
    #: written again together with what was chosen. ``None`` if they differ or it is too long.
    said_before: str | None = None
    #: Digest of the whole text of these messages: one is only written again if not a word of it would change.
    said_digest: str | None = None
    #: Digest of the answer that stands in the chat in full: coming back to it only points there.
    shown: str | None = None
    #: The button whose tap changed the session last, with the version it led to: another tap on it is a double tap.
    last_tap: str | None = None
    #: True if a PIN, password or private key was sent here: the key may be compromised.
    warned: bool = False

    @classmethod
    def load(cls, text: str) -> "Session":
        """Load a stored session; fields that an earlier version wrote and this one cannot read are left out."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            unreadable = {fault["loc"][0] for fault in error.errors() if fault["loc"]}
            stored = from_json(text) if unreadable else {}
            return cls.model_validate({name: value for name, value in stored.items() if name not in unreadable})

    def dump(self, most: int) -> str:
        """Return the session as JSON; above ``most`` characters the certificates of the last file are left out."""
        text = self.model_dump_json()
        return text if len(text) <= most else self.with_changes(offered=()).model_dump_json()

    def with_screen(self, screen: str, about: str | None = None, **changes: Any) -> "Session":
        """Return this session with another screen open, without the ticks and guesses of the old one."""
        there = {"screen": screen, "about": about, "ticked": (), "guesses": (), "came_from": None}
        return self.with_changes(**{**there, **changes})

    def open_visit(self, screen: str) -> "Session":
        """Open a screen for a short visit, from which ``to_previous_screen`` returns.

        A visit during a visit keeps the first position.
        """
        way_back = self.came_from or ScreenPosition(screen=self.screen, about=self.about)
        return self.with_screen(screen, came_from=way_back, ticked=self.ticked)

    def to_previous_screen(self) -> "Session":
        """Return to the screen that was open before the visit."""
        place = self.came_from or ScreenPosition(screen="question")
        return self.with_screen(place.screen, place.about, ticked=self.ticked)

    def without_identities(self) -> "Session":
        """Return this session without personal numbers (CCCD)."""
        return self.with_changes(forms=self.forms.without_identities()) if self.forms else self

    def without_identity_deadline(self) -> "Session":
        """Return this session without personal numbers, once their time is over."""
        kept = self.without_identities()
        forms = kept.forms.model_copy(update={"identity_until": None}) if kept.forms else None
        return kept.with_changes(forms=forms)

    def to_next_interview(self) -> "Session":
        """Return this session for the next certificate, with a status of its own and no request yet."""
        return self.with_changes(interview=self.interview + 1, registered_key=None)

    def with_changes(self, **changes: Any) -> "Session":
        """Return this session with some fields changed."""
        return self.model_copy(update=changes)
