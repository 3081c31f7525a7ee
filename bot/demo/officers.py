"""Officers: where they work, what they told, what they registered."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bot.demo.calendar import WorkingHours
from bot.demo.certificates import make_certificate
from bot.demo.interviews import OFTEN, Interviews, Stage, Teller, half_typed, make_teller, paused
from bot.demo.lives import lived
from bot.demo.naming import Naming
from bot.demo.people import CHANNEL, Staff
from bot.demo.stories import choose_story
from bot.store.bulk_rows import MadeChat, MadeRequest
from bot.store.request_book import CODES_A_YEAR, SUBSCRIBER
from handlers.decision import decision, registrable
from handlers.office.model import Standing
from handlers.office.units import Unit
from handlers.requests.model import Content
from handlers.screen import Here
from handlers.session import Session
from rules.calendar import vietnamese_day

#: A conversation takes so long.
_TALK = timedelta(minutes=12)
#: Certificates that somebody asked about before, and how often.
_OTHERS, _OTHERS_OFTEN = (0, 1, 2), (55, 35, 10)
_STAGES, _WEIGHTS = tuple(OFTEN), tuple(OFTEN.values())


@dataclass(frozen=True, slots=True)
class _Left:
    """How an officer left the conversation, and what was registered in it."""

    session: Session
    standings: tuple[Standing, ...] = ()
    contents: tuple[Content, ...] = ()


@dataclass
class Officers:
    """Makes them one after the other, in the order of their first words; requests get their codes in that order."""

    interviews: Interviews
    naming: Naming
    staff: Staff
    hours: WorkingHours
    chosen: Random
    issued: Counter[int] = field(default_factory=Counter)  #: codes, by year

    def generate(self, total: int) -> Iterator[MadeChat]:
        """So many officers over all of the last months."""
        for number in range(1, total + 1):
            yield self._make_chat(number, self.hours.time_at((number - 0.5) / total))

    def _make_chat(self, number: int, at: datetime) -> MadeChat:
        teller = self._make_officer(number, self.chosen.choice(self.naming.working))
        stage = self.chosen.choices(_STAGES, _WEIGHTS)[0]
        left = self._leave_at_stage(stage, teller, at)
        if left.contents:
            left = self._add_other_requests(left, number, teller.unit, at)
        requests = tuple(self._make_request(content, at + _TALK) for content in left.contents)
        return MadeChat(
            channel=CHANNEL,
            address=f"demo-{number:06d}",
            first_contact_at=at,
            last_contact_at=_last_words(requests, at + _TALK),
            unit=teller.unit.code if left.standings else None,
            session=left.session.model_dump_json(),
            standings=left.standings,
            requests=requests,
        )

    def _add_other_requests(self, last: _Left, number: int, unit: Unit, at: datetime) -> _Left:
        """With other certificates that the same person asked about and registered before the last one."""
        standings: list[Standing] = []
        contents: list[Content] = []
        others = self.chosen.choices(_OTHERS, _OTHERS_OFTEN)[0]
        for interview in range(1, others + 1):
            teller = self._make_officer(number, unit)
            before = self._leave_after_decision(Stage.REGISTERED, teller, self.interviews.answer_questions(teller, at))
            standings += [one.model_copy(update={"interview": interview}) for one in before.standings]
            contents += before.contents
        session = last.session.with_changes(interview=others + 1)
        own = (one.model_copy(update={"interview": others + 1}) for one in last.standings)
        return _Left(session, (*standings, *own), (*contents, *last.contents))

    def _make_officer(self, number: int, unit: Unit) -> Teller:
        story = choose_story(self.chosen, merged=self.naming.is_formed_from_others(self.naming.managing_body(unit)))
        named = self.naming.make_holder(story, unit, number, self.chosen)
        certificate = make_certificate(named, self.hours.now, self.chosen)
        return make_teller(unit, story, certificate, self.chosen)

    def _leave_at_stage(self, stage: Stage, teller: Teller, at: datetime) -> _Left:
        early = _EARLY.get(stage)
        if early:
            return _Left(early(self.interviews, teller, at))
        if stage in {Stage.ASKED, Stage.PAUSED}:
            here = self.interviews.answer_questions(teller, at, self.chosen.randrange(1, 5))
            session = paused(here.session) if stage is Stage.PAUSED else here.session
            return _Left(session, (_standing(here, teller),))
        return self._leave_after_decision(stage, teller, self.interviews.answer_questions(teller, at))

    def _leave_after_decision(self, stage: Stage, teller: Teller, here: Here) -> _Left:
        standing = (_standing(here, teller),)
        drafted = here if stage is Stage.ANSWERED else self.interviews.draft_request(here, teller, self.chosen)
        if drafted.session.draft is None or stage is Stage.REVIEWING:
            return _Left(drafted.session, standing)
        if stage is Stage.TYPING:
            return _Left(half_typed(drafted.session), standing)
        contents = tuple(self.interviews.register_contents(drafted, teller))
        session = drafted.session.with_screen("next", draft=None, registered_key=contents[0].certificate_key)
        return _Left(session, standing, contents)

    def _make_request(self, content: Content, at: datetime) -> MadeRequest:
        year = vietnamese_day(at).year
        self.issued[year] += 1
        number = self.issued[year]
        office = self.staff.admin_of(content.unit_code or "")
        steps = lived(self.issued.total(), at, office, self.hours, self.chosen)
        return MadeRequest(f"YC-{year}-{number:06d}", year * CODES_A_YEAR + number, content, steps)


def _agreed(interviews: Interviews, teller: Teller, at: datetime) -> Session:
    return interviews.start_session(teller, at).with_screen("question", unit=None, version=1)


def _offered(interviews: Interviews, teller: Teller, at: datetime) -> Session:
    return interviews.start_session(teller, at).with_screen("certificate", offered=(teller.certificate,))


#: Conversations that have told nothing yet.
_EARLY: dict[Stage, Callable[[Interviews, Teller, datetime], Session]] = {
    Stage.AGREED: _agreed,
    Stage.OFFERED: _offered,
}


def _standing(here: Here, teller: Teller) -> Standing:
    """Where the interview stands, as far as a certificate is known and what is owed is decided."""
    certificate, decided = here.session.certificate, decision(here)
    return Standing(
        interview=here.session.interview,
        unit=teller.unit.code,
        certificate_key=certificate.certificate_key if certificate else None,
        subscriber=certificate.name if certificate else None,
        not_after=vietnamese_day(certificate.not_after) if certificate else None,
        owed=None if decided is None else tuple(action.procedure for action in registrable(decided)),
    )


def _last_words(requests: tuple[MadeRequest, ...], at: datetime) -> datetime:
    own = (step.at for request in requests for step in request.steps if step.by == SUBSCRIBER)
    return max(at, *own, at)
