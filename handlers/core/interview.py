"""The interview as a function of its answers: what is known, what to ask, what a change takes along."""

from datetime import date
from typing import Any

from handlers.core.session import DerivedEvents, Session
from handlers.model.certificate import Certificate
from rules.calendar import to_vietnam_day
from rules.deciding import decide as _decide
from rules.deciding import needs as _needs
from rules.deciding import next_question as _next_question
from rules.errors import FactsError
from rules.facts import Facts, Subject
from rules.outcome import Outcome
from rules.pack import Pack
from rules.parsing import parse_facts
from rules.questions import Question

#: What an answer takes along when it changes: the new answer may leave no room for these.
DEPENDENTS = {
    "subject": ("events", "merger_role", "information_matches"),
    "events": ("merger_role", "information_matches"),
    "certificate": ("information_matches",),
}


def facts_of(session: Session) -> Facts:
    """The facts answered so far; an answer that no longer makes sense beside those before it counts as not given."""
    try:
        return parse_facts(session.answers)
    except FactsError:
        return parse_facts(_consistent_answers(session.answers))


def _consistent_answers(answers: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for fact, value in answers.items():
        try:
            parse_facts({**kept, fact: value})
        except FactsError:
            continue
        kept[fact] = value
    return kept


def current_question(session: Session, pack: Pack, today: date) -> Question | None:
    """The question to ask now: the one being changed, else the next; ``None`` where all that matters is known."""
    changed = session.about if session.screen == "question" else None
    return question_of(pack, changed) or _next_question(pack, facts_of(session), today)


def question_of(pack: Pack, fact: str | None) -> Question | None:
    """The question of a fact."""
    return next((question for question in pack.questions if question.fact == fact), None)


def count_remaining(session: Session, pack: Pack, today: date) -> int:
    """How many questions can still come, the open one included."""
    return len(_needs(pack, facts_of(session), today))


def decide_answers(session: Session, pack: Pack, today: date) -> Outcome:
    """What the pack says of the answers."""
    return _decide(pack, facts_of(session), today)


def with_answer(session: Session, fact: str, value: Any, pack: Pack) -> Session:
    """An answer given, now the latest; dependents without room are dropped."""
    answers = {known: said for known, said in session.answers.items() if known != fact}
    kept = session.with_changes(answers={**answers, fact: value}, typed_expiry=None, pack=pack.label)
    kept = kept.with_changes(derived=None) if fact == "events" else kept
    return kept if session.answers.get(fact) == value else _without_dependents(kept, fact, pack)


def with_derived_events(session: Session, events: list[str], source: DerivedEvents, pack: Pack) -> Session:
    """What happened filled in; it is taken back as soon as its source no longer holds."""
    return with_answer(session, "events", events, pack).with_changes(derived=source)


def without_stale_events(session: Session) -> Session:
    """What happened is no answer any more where it was derived for another certificate, unit or kind of subscriber."""
    return (
        session
        if session.derived is None or _is_still_derived(session, session.derived)
        else without_derived_events(session)
    )


def without_derived_events(session: Session) -> Session:
    """Without what was derived, and without what was answered on the strength of it: both are asked."""
    if session.derived is None:
        return session
    gone = {"events", *DEPENDENTS["events"]}
    answers = {known: said for known, said in session.answers.items() if known not in gone}
    return session.with_changes(answers=answers, derived=None)


def _is_still_derived(session: Session, derived: DerivedEvents) -> bool:
    fingerprint = session.certificate.fingerprint if session.certificate else None
    of_a_body = session.answers.get("subject") in (None, Subject.ORGANISATION)
    return of_a_body and (fingerprint, session.unit) == (derived.certificate, derived.unit)


def without_answer(session: Session, fact: str) -> Session:
    """An answer taken back, to be asked again; what depends on it stays until the new answer is known."""
    answers = {known: said for known, said in session.answers.items() if known != fact}
    certificate = None if fact == "certificate" else session.certificate
    derived = None if fact == "events" else session.derived
    return session.with_changes(answers=answers, certificate=certificate, typed_expiry=None, derived=derived)


def latest_fact(session: Session) -> str | None:
    """The fact answered last."""
    return next(reversed(session.answers), None)


def _without_dependents(session: Session, fact: str, pack: Pack) -> Session:
    for dependent in DEPENDENTS.get(fact, ()):
        if dependent in session.answers and not _is_still_an_option(session, dependent, pack):
            session = without_answer(session, dependent)
    return session


def _is_still_an_option(session: Session, fact: str, pack: Pack) -> bool:
    """Whether an old answer is still one of the options; whether data still match always depends on what changed."""
    if fact == "information_matches":
        return False
    others = facts_of(without_answer(session, fact))
    asked = question_of(pack, fact)
    options = {option.value for option in asked.options_for(others)} if asked else set()
    said = session.answers[fact]
    return set(said if isinstance(said, list) else [said]) <= options


def certificate_facts(certificate: Certificate) -> dict[str, Any]:
    """The fact ``certificate`` as a read file gives it."""
    return {
        "not_before": to_vietnam_day(certificate.not_before).isoformat() if certificate.not_before else None,
        "not_after": to_vietnam_day(certificate.not_after).isoformat(),
        "issuer": certificate.issuer_kind.value,
    }
