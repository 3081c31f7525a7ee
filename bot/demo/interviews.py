"""Conversations as officers left them, made with the functions that a conversation runs through."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from random import Random

from bot.demo import names
from bot.demo.naming import Naming
from bot.demo.stories import Story
from handlers import interview
from handlers.certificate import Certificate
from handlers.decision import decision, in_plain_words
from handlers.office.units import Unit
from handlers.ports import World
from handlers.requests.drafting import contents
from handlers.requests.filling import fields_of
from handlers.requests.model import Content
from handlers.screen import Here
from handlers.screens.flow import proceed
from handlers.session import Draft, Place, Session
from rules.outcome import Decided


class Stage(StrEnum):
    """How far a conversation came."""

    AGREED = "agreed"
    OFFERED = "offered"
    ASKED = "asked"
    PAUSED = "paused"
    ANSWERED = "answered"
    TYPING = "typing"
    REVIEWING = "reviewing"
    REGISTERED = "registered"


#: How often each stage is met among a hundred.
OFTEN = {
    Stage.AGREED: 4,
    Stage.OFFERED: 4,
    Stage.ASKED: 12,
    Stage.PAUSED: 3,
    Stage.ANSWERED: 11,
    Stage.TYPING: 4,
    Stage.REVIEWING: 2,
    Stage.REGISTERED: 60,
}
_ENGLISH = 0.03
_NO_FILE = 0.15
#: Turns a conversation has taken, beside those of its answers.
_TURNS = 3


@dataclass(frozen=True, slots=True)
class Teller:
    """Somebody with something to tell."""

    unit: Unit
    story: Story
    certificate: Certificate
    sent_file: bool
    language: str


class Interviews:
    """Leads the conversations of a province."""

    def __init__(self, world: World, naming: Naming) -> None:
        self._world = world
        self._naming = naming
        self._told: dict[tuple[object, ...], str] = {}

    def start_session(self, teller: Teller, at: datetime) -> Session:
        """After consent."""
        fields = {"language": teller.language, "consented_at": at, "pack": self._world.pack.label, "version": _TURNS}
        return Session.model_validate({**fields, "unit": teller.unit.code})

    def answer_questions(self, teller: Teller, at: datetime, most: int = 99) -> Here:
        """With answers to so many questions at most; the next screen is open."""
        here, session, pack = self._context_at(at), self.start_session(teller, at), self._world.pack
        if teller.sent_file:
            session = session.with_changes(certificate=teller.certificate)
            session = interview.give(session, "subject", teller.story.subject.value, pack)
            session = interview.give(session, "certificate", _certificate(teller), pack)
        while (asked := interview.question(session, pack, here.today)) and len(session.answers) < most:
            told = _certificate(teller) if asked.fact == "certificate" else teller.story.answer(asked.fact)
            session = interview.give(session, asked.fact, told, pack)
        session = session.with_changes(version=_TURNS + len(session.answers))
        return here.with_session(proceed(here.with_session(session)))

    def draft_request(self, here: Here, teller: Teller, chosen: Random) -> Here:
        """A draft with every field that the decision asks for; the same where nothing can be registered."""
        decided, fields = decision(here), fields_of(here)
        if decided is None or not fields:
            return here
        values = self._form_values(teller, chosen)
        draft = Draft(
            answer=self._decision_text(here, decided), fields={field.name: values[field.name] for field in fields}
        )
        return here.with_session(proceed(here.with_session(here.session.with_changes(draft=draft))))

    def register_contents(self, here: Here, teller: Teller) -> list[Content]:
        """What a complete draft registers."""
        body = self._naming.managing_body(teller.unit).code
        return [content.model_copy(update={"unit_code": body}) for content in contents(here)]

    def _context_at(self, at: datetime) -> Here:
        return Here(Session(), replace(self._world, now=at))

    def _form_values(self, teller: Teller, chosen: Random) -> dict[str, str]:
        body = self._naming.managing_body(teller.unit)
        return {
            "subscriber": teller.certificate.name,
            "unit": body.name,
            "serial": teller.certificate.serial,
            "new_name": body.name,
            "new_address": f"Số {chosen.randrange(1, 300)} đường Mẫu, {body.name}",
            "new_superior": "UBND tỉnh Mẫu",
            "new_unit": teller.unit.name,
            "new_email": names.email(teller.certificate.name, chosen.randrange(100_000)),
        }

    def _decision_text(self, here: Here, decided: Decided) -> str:
        """The decision in words; put together once for each way it can turn out."""
        actions = tuple((action.rows, action.form) for action in decided.actions)
        key = (here.session.language, actions, tuple(notice.id for notice in decided.notices))
        if key not in self._told:
            self._told[key] = in_plain_words(here, decided)
        return self._told[key]


def make_teller(unit: Unit, story: Story, certificate: Certificate, chosen: Random) -> Teller:
    """Most of them send the file and speak Vietnamese."""
    language = "en" if chosen.random() < _ENGLISH else "vi"
    return Teller(unit, story, certificate, chosen.random() >= _NO_FILE, language)


def paused(session: Session) -> Session:
    """After /huy."""
    return session.with_changes(
        screen="stopped", about=None, came_from=Place(screen=session.screen, about=session.about)
    )


def half_typed(session: Session) -> Session:
    """A draft whose later fields are not filled in yet."""
    draft = session.draft or Draft()
    kept = dict(list(draft.fields.items())[: max(1, len(draft.fields) // 2)])
    return session.with_changes(draft=draft.model_copy(update={"fields": kept}), screen="form")


def _certificate(teller: Teller) -> dict[str, object]:
    return interview.certificate_facts(teller.certificate)
