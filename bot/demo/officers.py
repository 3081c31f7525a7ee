"""Make up officers with their units, conversations and requests."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from random import Random

from bot.channels import terminal_channel
from bot.demo.data_writer import DemoChat, DemoGrant, DemoRequest, format_grant_id
from bot.demo.interviews import (
    STAGE_WEIGHTS,
    DemoOfficer,
    InterviewDriver,
    InterviewStage,
    choose_story,
    make_history,
    make_officer,
    to_half_typed,
    to_paused,
)
from bot.demo.province import CertificateNaming, WorkingHours, make_certificate
from bot.store import CODES_A_YEAR, SUBSCRIBER
from handlers.core import Context, Session, current_decision, registrable_actions
from handlers.model import MACHINE, InterviewStatus, RequestContent, Role, Unit, format_request_code
from rules.calendar import to_vietnam_day

#: Officers' chats use a channel to which nothing is delivered.
CHANNEL = "demo"
OWNER, ADMIN, FOCAL = "chu", "quan-tri", "dau-moi"
#: So many bodies have an admin and a focal officer of their own.
_BODIES = 5


@dataclass(frozen=True, slots=True)
class Staff:
    """The people with a role, and the admin of each body."""

    grants: tuple[DemoGrant, ...]
    admins: dict[str, str]  #: body -> grant of its admin

    def admin_of(self, body: str) -> str:
        """Return the grant of the person who works through a body's requests: its admin, else the owner."""
        return self.admins.get(body, self.grants[0].id)


def make_staff(naming: CertificateNaming, now: datetime, begun: datetime, pack: str) -> Staff:
    """Make one owner, and an admin and a focal officer for each of the first bodies that were formed from others."""
    hiring = _RoleGiver(now, begun, pack)
    owner = hiring.grant_role(OWNER, Role.OWNER, "Chủ Mẫu", MACHINE)
    admins: dict[str, str] = {}
    for at, unit in enumerate(_first_bodies(naming), 1):
        admin = hiring.grant_role(f"{ADMIN}-{at}", Role.ADMIN, f"Quản trị Mẫu {at}", owner, unit.code)
        hiring.grant_role(f"{FOCAL}-{at}", Role.FOCAL, f"Đầu mối Mẫu {at}", admin, unit.code)
        admins[unit.code] = admin
    return Staff(tuple(hiring.grants), admins)


def _first_bodies(naming: CertificateNaming) -> Iterator[Unit]:
    return islice((unit for unit in naming.working if naming.is_formed_from_others(unit)), _BODIES)


@dataclass
class _RoleGiver:
    """Gives roles one after the other."""

    now: datetime
    begun: datetime
    pack: str
    grants: list[DemoGrant] = field(default_factory=list)

    def grant_role(self, name: str, role: Role, label: str, by: str, unit: str | None = None) -> str:
        """Give a role and return the id of the grant; the person has consented already and may ask at once."""
        session = Session(consented_at=self.begun, pack=self.pack, screen="question", unit=unit)
        chat = DemoChat(terminal_channel(name), name, self.begun, self.now, unit, session.model_dump_json())
        grant = DemoGrant(format_grant_id(len(self.grants) + 1), chat, role, unit, label, self.begun, by)
        self.grants.append(grant)
        return grant.id


#: The duration of a conversation.
_TALK_DURATION = timedelta(minutes=12)
#: The numbers of certificates an officer asked about before, with their weights.
_OTHERS, _OTHERS_OFTEN = (0, 1, 2), (55, 35, 10)
_STAGES, _WEIGHTS = tuple(STAGE_WEIGHTS), tuple(STAGE_WEIGHTS.values())


@dataclass(frozen=True, slots=True)
class _Conversation:
    """The session of a conversation, and what was decided and registered in it."""

    session: Session
    standings: tuple[InterviewStatus, ...] = ()
    contents: tuple[RequestContent, ...] = ()


@dataclass
class OfficerGenerator:
    """Makes officers in the order of their first messages, which is also the order of their requests' codes."""

    interviews: InterviewDriver
    naming: CertificateNaming
    staff: Staff
    hours: WorkingHours
    chosen: Random
    issued: Counter[int] = field(default_factory=Counter)  #: codes issued in each year

    def generate(self, total: int) -> Iterator[DemoChat]:
        """Yield ``total`` officers, spread evenly over the last months."""
        for number in range(1, total + 1):
            yield self._make_chat(number, self.hours.time_at((number - 0.5) / total))

    def _make_chat(self, number: int, at: datetime) -> DemoChat:
        officer = self._make_officer(number, self.chosen.choice(self.naming.working))
        stage = self.chosen.choices(_STAGES, _WEIGHTS)[0]
        left = self._leave_at_stage(stage, officer, at)
        if left.contents:
            left = self._add_other_requests(left, number, officer.unit, at)
        requests = tuple(self._make_request(content, at + _TALK_DURATION) for content in left.contents)
        return DemoChat(
            channel=CHANNEL,
            address=f"demo-{number:06d}",
            first_contact_at=at,
            last_contact_at=_last_activity(requests, at + _TALK_DURATION),
            unit=officer.unit.code if left.standings else None,
            session=left.session.model_dump_json(),
            standings=left.standings,
            requests=requests,
        )

    def _add_other_requests(self, last: _Conversation, number: int, unit: Unit, at: datetime) -> _Conversation:
        """Add certificates that the same person asked about and registered before the last one."""
        standings: list[InterviewStatus] = []
        contents: list[RequestContent] = []
        others = self.chosen.choices(_OTHERS, _OTHERS_OFTEN)[0]
        for interview in range(1, others + 1):
            officer = self._make_officer(number, unit)
            before = self._leave_after_decision(
                InterviewStage.REGISTERED, officer, self.interviews.answer_questions(officer, at)
            )
            standings += [one.model_copy(update={"interview": interview}) for one in before.standings]
            contents += before.contents
        session = last.session.with_changes(interview=others + 1)
        own = (one.model_copy(update={"interview": others + 1}) for one in last.standings)
        return _Conversation(session, (*standings, *own), (*contents, *last.contents))

    def _make_officer(self, number: int, unit: Unit) -> DemoOfficer:
        story = choose_story(self.chosen, merged=self.naming.is_formed_from_others(self.naming.managing_body(unit)))
        named = self.naming.make_holder(story.subject, story.events, unit, number, self.chosen)
        certificate = make_certificate(named, self.hours.now, self.chosen)
        return make_officer(unit, story, certificate, self.chosen)

    def _leave_at_stage(self, stage: InterviewStage, officer: DemoOfficer, at: datetime) -> _Conversation:
        early = _EARLY_STAGES.get(stage)
        if early:
            return _Conversation(early(self.interviews, officer, at))
        if stage in {InterviewStage.ASKED, InterviewStage.PAUSED}:
            here = self.interviews.answer_questions(officer, at, self.chosen.randrange(1, 5))
            session = to_paused(here.session) if stage is InterviewStage.PAUSED else here.session
            return _Conversation(session, (_interview_status(here, officer),))
        return self._leave_after_decision(stage, officer, self.interviews.answer_questions(officer, at))

    def _leave_after_decision(self, stage: InterviewStage, officer: DemoOfficer, here: Context) -> _Conversation:
        standing = (_interview_status(here, officer),)
        drafted = (
            here if stage is InterviewStage.ANSWERED else self.interviews.draft_request(here, officer, self.chosen)
        )
        if drafted.session.draft is None or stage is InterviewStage.REVIEWING:
            return _Conversation(drafted.session, standing)
        if stage is InterviewStage.TYPING:
            return _Conversation(to_half_typed(drafted.session), standing)
        contents = tuple(self.interviews.register_contents(drafted, officer))
        session = drafted.session.with_screen("next", draft=None, registered_key=contents[0].certificate_key)
        return _Conversation(session, standing, contents)

    def _make_request(self, content: RequestContent, at: datetime) -> DemoRequest:
        year = to_vietnam_day(at).year
        self.issued[year] += 1
        number = self.issued[year]
        office = self.staff.admin_of(content.unit_code or "")
        steps = make_history(self.issued.total(), at, office, self.hours, self.chosen)
        return DemoRequest(format_request_code(year, number), year * CODES_A_YEAR + number, content, steps)


def _to_agreed(interviews: InterviewDriver, officer: DemoOfficer, at: datetime) -> Session:
    return interviews.start_session(officer, at).with_screen("question", unit=None, version=1)


def _to_offered(interviews: InterviewDriver, officer: DemoOfficer, at: datetime) -> Session:
    return interviews.start_session(officer, at).with_screen("certificate", offered=(officer.certificate,))


#: In these stages nothing has been answered yet.
_EARLY_STAGES: dict[InterviewStage, Callable[[InterviewDriver, DemoOfficer, datetime], Session]] = {
    InterviewStage.AGREED: _to_agreed,
    InterviewStage.OFFERED: _to_offered,
}


def _interview_status(here: Context, officer: DemoOfficer) -> InterviewStatus:
    """Return the status of the interview, as far as its certificate and its decision are known."""
    certificate, decided = here.session.certificate, current_decision(here)
    return InterviewStatus(
        interview=here.session.interview,
        unit=officer.unit.code,
        certificate_key=certificate.certificate_key if certificate else None,
        subscriber=certificate.name if certificate else None,
        not_after=to_vietnam_day(certificate.not_after) if certificate else None,
        owed=None if decided is None else tuple(action.procedure for action in registrable_actions(decided)),
    )


def _last_activity(requests: tuple[DemoRequest, ...], at: datetime) -> datetime:
    own = (step.at for request in requests for step in request.steps if step.by == SUBSCRIBER)
    return max(at, *own, at)
