"""Make up conversations and the history of requests, with the functions that a real conversation uses.

A ``Story`` is the facts that an officer states. ``InterviewDriver`` leads a conversation to a stage, ``make_history``
moves a request through its states.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Any

from bot.demo.data_writer import DemoStep
from bot.demo.province import CertificateNaming, WorkingHours, email_address
from bot.store import SUBSCRIBER
from handlers.core import (
    Context,
    RequestDraft,
    ScreenPosition,
    Services,
    Session,
    certificate_facts,
    current_decision,
    current_question,
    facts_of,
    format_decision_plain,
    with_answer,
)
from handlers.interview import to_next_screen
from handlers.model import MACHINE, Certificate, RequestContent, RequestState, Unit
from handlers.requests.form import build_contents, fields_to_fill
from rules.facts import Event, MergerRole, Subject, Token
from rules.outcome import Decided

_ENGLISH = 0.03
_NO_FILE = 0.15
#: The turns of a conversation beside its answers.
_TURNS = 3

_S = RequestState
#: The weight of each history, and its states; many requests are still on their way.
_HISTORIES: tuple[tuple[int, tuple[RequestState, ...]], ...] = (
    (58, (_S.SUBMITTED, _S.ACCEPTED, _S.FORWARDED, _S.DONE)),
    (8, (_S.SUBMITTED, _S.SENT_BACK, _S.SUBMITTED, _S.ACCEPTED, _S.FORWARDED, _S.DONE)),
    (8, (_S.SUBMITTED, _S.SENT_BACK)),
    (5, (_S.SUBMITTED, _S.REFUSED)),
    (4, (_S.SUBMITTED, _S.ACCEPTED, _S.REFUSED)),
    (5, (_S.SUBMITTED, _S.WITHDRAWN)),
    (6, (_S.SUBMITTED, _S.ACCEPTED, _S.FORWARDED)),
    (3, (_S.SUBMITTED,)),
    (3, (_S.DRAFT,)),
)
#: Days until each state is reached, on average.
_DAYS_TO_STATE = {_S.ACCEPTED: 3.0, _S.FORWARDED: 5.0, _S.DONE: 14.0, _S.SENT_BACK: 4.0, _S.REFUSED: 5.0}
_OWN_DAYS = 2.0
_NOTES = {
    _S.SENT_BACK: (
        "Dữ liệu mẫu: đề nghị ghi lại tên đơn vị đúng như quyết định thành lập.",
        "Dữ liệu mẫu: số hiệu chứng thư chưa khớp với thiết bị, đề nghị kiểm tra lại.",
        "Dữ liệu mẫu: thiếu địa chỉ thư điện tử công vụ mới.",
    ),
    _S.REFUSED: (
        "Dữ liệu mẫu: đã có văn bản khác của đơn vị cho chứng thư này.",
        "Dữ liệu mẫu: chứng thư không thuộc đơn vị quản lý.",
    ),
}
#: The first, oldest requests have these histories, so that every state occurs in a small province too.
EVERY_HISTORY: tuple[tuple[RequestState, ...], ...] = tuple(
    next(states for _, states in _HISTORIES if states[-1] is state)
    if state is not _S.ACCEPTED
    else (_S.SUBMITTED, _S.ACCEPTED)
    for state in RequestState
)


_BODY, _PERSON, _DEVICE = Subject.ORGANISATION, Subject.INDIVIDUAL, Subject.DEVICE


@dataclass(frozen=True, slots=True)
class Story:
    """One officer's answers without the certificate, and their weight."""

    often: int
    subject: Subject
    events: tuple[Event, ...] = ()
    role: MergerRole | None = None
    token: Token = Token.IN_HAND
    exposed: bool = False
    matches: bool = False
    merged: bool = False  #: only for units that were formed from others

    def answer(self, fact: str) -> Any:
        """Return the answer as a session keeps it."""
        return self._answers()[fact]

    def _answers(self) -> Mapping[str, Any]:
        return {
            "subject": self.subject.value,
            "events": [event.value for event in self.events],
            "merger_role": self.role.value if self.role else None,
            "information_matches": self.matches,
            "token": self.token.value,
            "key_exposed": self.exposed,
        }


STORIES = (
    Story(10, _BODY, (Event.MERGED_INTO_NEW,), MergerRole.DESIGNATED, merged=True),
    Story(9, _BODY, (Event.MERGED_INTO_NEW,), MergerRole.OTHER, merged=True),
    Story(3, _BODY, (Event.MERGED_INTO_NEW,), MergerRole.UNDECIDED, merged=True),
    Story(4, _BODY, (Event.MERGED_INTO_EXISTING,), MergerRole.ABSORBED, merged=True),
    Story(3, _BODY, (Event.MERGED_INTO_EXISTING,), MergerRole.SURVIVING, merged=True),
    Story(10, _BODY, (Event.SUPERIOR_CHANGED,)),
    Story(4, _BODY, (Event.SUPERIOR_CHANGED, Event.ADDRESS_CHANGED)),
    Story(5, _BODY, (Event.RENAMED,)),
    Story(3, _BODY, (Event.DISSOLVED,)),
    Story(25, _PERSON, (Event.UNIT_REORGANISED,)),
    Story(8, _PERSON, (Event.MOVED_WITHIN_STATE,)),
    Story(5, _PERSON, (Event.LEFT_STATE_SERVICE,)),
    Story(6, _PERSON, (Event.UNIT_REORGANISED, Event.EMAIL_CHANGED)),
    Story(5, _PERSON, (), token=Token.LOCKED, matches=True),
    Story(4, _PERSON, (Event.UNIT_REORGANISED,), token=Token.LOST),
    Story(2, _PERSON, (), token=Token.DAMAGED, exposed=True),
    Story(3, _PERSON, (), matches=True),
    Story(2, _PERSON, (Event.UNIT_REORGANISED,), matches=True),
    Story(2, _PERSON, (Event.EMAIL_CHANGED,), token=Token.REMOTE),
    Story(1, _PERSON, (Event.MANAGING_BODY_REVOKES,)),
    Story(3, _DEVICE, (Event.DEVICE_UPGRADED,)),
)
_UNMERGED = tuple(story for story in STORIES if not story.merged)


def choose_story(chosen: Random, *, merged: bool) -> Story:
    """Choose a story that can happen in a unit."""
    known: Sequence[Story] = STORIES if merged else _UNMERGED
    return chosen.choices(known, [story.often for story in known])[0]


class InterviewStage(StrEnum):
    """The stage at which an officer left the conversation."""

    AGREED = "agreed"
    OFFERED = "offered"
    ASKED = "asked"
    PAUSED = "paused"
    ANSWERED = "answered"
    TYPING = "typing"
    REVIEWING = "reviewing"
    REGISTERED = "registered"


#: The number of conversations that end at each stage, of a hundred.
STAGE_WEIGHTS = {
    InterviewStage.AGREED: 4,
    InterviewStage.OFFERED: 4,
    InterviewStage.ASKED: 12,
    InterviewStage.PAUSED: 3,
    InterviewStage.ANSWERED: 11,
    InterviewStage.TYPING: 4,
    InterviewStage.REVIEWING: 2,
    InterviewStage.REGISTERED: 60,
}


@dataclass(frozen=True, slots=True)
class DemoOfficer:
    """An officer with a story, a unit and a certificate."""

    unit: Unit
    story: Story
    certificate: Certificate
    sent_file: bool
    language: str


class InterviewDriver:
    """Leads the conversations of a province."""

    def __init__(self, services: Services, naming: CertificateNaming) -> None:
        self._services = services
        self._naming = naming
        self._decision_texts: dict[tuple[object, ...], str] = {}

    def start_session(self, officer: DemoOfficer, at: datetime) -> Session:
        """Return a session after consent."""
        fields = {
            "language": officer.language,
            "consented_at": at,
            "pack": self._services.pack.label,
            "version": _TURNS,
        }
        return Session.model_validate({**fields, "unit": officer.unit.code})

    def answer_questions(self, officer: DemoOfficer, at: datetime, most: int = 99) -> Context:
        """Answer at most ``most`` questions; the next screen is open."""
        here, session, pack = self._context_at(at), self.start_session(officer, at), self._services.pack
        if officer.sent_file:
            session = session.with_changes(certificate=officer.certificate)
            session = with_answer(session, "subject", officer.story.subject.value, pack)
            session = with_answer(session, "certificate", _certificate_facts(officer), pack)
        while (asked := current_question(session, pack, here.today)) and len(session.answers) < most:
            answer = _certificate_facts(officer) if asked.fact == "certificate" else officer.story.answer(asked.fact)
            session = with_answer(session, asked.fact, answer, pack)
        session = session.with_changes(version=_TURNS + len(session.answers))
        return here.with_session(to_next_screen(here.with_session(session)))

    def draft_request(self, here: Context, officer: DemoOfficer, chosen: Random) -> Context:
        """Fill a draft with every field that the decision asks for; return ``here`` if nothing can be registered."""
        decided, fields = current_decision(here), fields_to_fill(here)
        if decided is None or not fields:
            return here
        values = self._form_values(officer, chosen)
        draft = RequestDraft(
            answer=self._decision_text(here, decided), fields={field.name: values[field.name] for field in fields}
        )
        return here.with_session(to_next_screen(here.with_session(here.session.with_changes(draft=draft))))

    def register_contents(self, here: Context, officer: DemoOfficer) -> list[RequestContent]:
        """Return the contents that a complete draft registers."""
        body = self._naming.managing_body(officer.unit).code
        return [content.model_copy(update={"unit_code": body}) for content in build_contents(here)]

    def _context_at(self, at: datetime) -> Context:
        return Context(Session(), replace(self._services, now=at))

    def _form_values(self, officer: DemoOfficer, chosen: Random) -> dict[str, str]:
        body, name = self._naming.managing_body(officer.unit), officer.certificate.name
        return {
            "subscriber": officer.certificate.name,
            "unit": body.name,
            "serial": officer.certificate.serial,
            "new_name": body.name if name.startswith(("UBND", "ỦY BAN")) else f"{name} SỐ 1",
            "new_address": f"Số {chosen.randrange(1, 300)} đường Mẫu, {body.name}",
            "new_superior": "UBND tỉnh Mẫu",
            "new_unit": officer.unit.name,
            "new_email": email_address(officer.certificate.name, chosen.randrange(100_000)),
        }

    def _decision_text(self, here: Context, decided: Decided) -> str:
        """Return the decision in words; each possible outcome is formatted once."""
        actions = tuple((action.rows, action.form) for action in decided.actions)
        facts = facts_of(here.session).certificate
        last_day = facts.not_after if facts else None
        key = (here.session.language, here.session.unit, last_day, actions, tuple(one.id for one in decided.notices))
        if key not in self._decision_texts:
            self._decision_texts[key] = format_decision_plain(here, decided)
        return self._decision_texts[key]


def make_officer(unit: Unit, story: Story, certificate: Certificate, chosen: Random) -> DemoOfficer:
    """Make up an officer; most of them send the file and use Vietnamese."""
    language = "en" if chosen.random() < _ENGLISH else "vi"
    return DemoOfficer(unit, story, certificate, chosen.random() >= _NO_FILE, language)


def to_paused(session: Session) -> Session:
    """Return the session as /huy leaves it."""
    return session.with_changes(
        screen="stopped", about=None, came_from=ScreenPosition(screen=session.screen, about=session.about)
    )


def to_half_typed(session: Session) -> Session:
    """Return a session whose draft lacks its later fields."""
    draft = session.draft or RequestDraft()
    first_fields = dict(list(draft.fields.items())[: max(1, len(draft.fields) // 2)])
    return session.with_changes(draft=draft.model_copy(update={"fields": first_fields}), screen="form")


def _certificate_facts(officer: DemoOfficer) -> dict[str, object]:
    return certificate_facts(officer.certificate)


def make_history(
    number: int, begun: datetime, office: str, hours: WorkingHours, chosen: Random
) -> tuple[DemoStep, ...]:
    """Return the history of the request with this number, up to now.

    Args:
        number: The running number; the first ones get the histories of ``EVERY_HISTORY``.
        begun: The moment of registration.
        office: The grant of the person who moves the request.
        hours: The working hours in which moves happen.
        chosen: The source of chance.
    """
    forced = number <= len(EVERY_HISTORY)
    states = EVERY_HISTORY[number - 1] if forced else chosen.choices(*_weighted_histories())[0]
    steps, at = [], begun
    for place, state in enumerate(states):
        at = _time_of_state(state, at, hours, chosen) if place else at
        if at >= hours.now:
            break
        steps.append(DemoStep(state, at, _actor(state, office), chosen.choice(_NOTES.get(state, ("",)))))
    return tuple(steps)


def _time_of_state(state: RequestState, at: datetime, hours: WorkingHours, chosen: Random) -> datetime:
    """Return when the next state is reached: people with a role move all due requests at one hour of the day."""
    there = hours.add_working_days(at, chosen, _DAYS_TO_STATE.get(state, _OWN_DAYS))
    return hours.next_desk_hour(there) if state in _DAYS_TO_STATE else there


def _weighted_histories() -> tuple[Sequence[tuple[RequestState, ...]], Sequence[int]]:
    return [states for _, states in _HISTORIES], [often for often, _ in _HISTORIES]


def _actor(state: RequestState, office: str) -> str:
    if state is _S.DRAFT:
        return MACHINE
    return SUBSCRIBER if state in {_S.SUBMITTED, _S.WITHDRAWN} else office
