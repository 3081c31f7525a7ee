"""The interview as a pure function of the answers: facts, the next question, and the effects of a changed answer."""

from datetime import date
from typing import Any

from handlers.core.session import DerivedEvents, Session
from handlers.model.certificate import Certificate
from rules.calendar import to_vietnam_day
from rules.deciding import decide as _decide
from rules.deciding import needs as _needs
from rules.deciding import next_question as _next_question
from rules.errors import FactsError
from rules.facts import Event, Facts, Subject
from rules.outcome import Outcome
from rules.pack import Pack
from rules.parsing import parse_facts
from rules.questions import Question

#: Facts whose answer may become invalid when the answer to the key changes.
DEPENDENTS = {
    "subject": ("events", "merger_role", "information_matches"),
    "events": ("merger_role", "information_matches"),
    "certificate": ("information_matches",),
}


def facts_of(session: Session) -> Facts:
    """Return the facts answered so far; an answer that contradicts an earlier one counts as not given."""
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
    """Return the question to ask now: the one being changed, else the next; ``None`` if nothing more matters."""
    changed = session.about if session.screen == "question" else None
    return question_of(pack, changed) or _next_question(pack, facts_of(session), today)


def question_of(pack: Pack, fact: str | None) -> Question | None:
    """Return the question about a fact, or ``None`` if the pack has none."""
    return next((question for question in pack.questions if question.fact == fact), None)


def count_remaining(session: Session, pack: Pack, today: date) -> int:
    """Count the questions that can still come, including the open one."""
    return len(_needs(pack, facts_of(session), today))


def decide_answers(session: Session, pack: Pack, today: date) -> Outcome:
    """Decide the session's answers by the pack: a decision, or the facts that are still missing."""
    return _decide(pack, facts_of(session), today)


def with_answer(session: Session, fact: str, value: Any, pack: Pack) -> Session:
    """Return the session with an answer, now the latest one; dependent answers that became invalid are dropped."""
    answers = {known: said for known, said in session.answers.items() if known != fact}
    kept = session.with_changes(answers={**answers, fact: value}, typed_expiry=None, pack=pack.label)
    kept = kept.with_changes(derived=None) if fact == "events" else kept
    return kept if session.answers.get(fact) == value else _without_dependents(kept, fact, pack)


def with_derived_events(session: Session, events: list[str], source: DerivedEvents, pack: Pack) -> Session:
    """Return the session with the events filled in from ``source``; they are dropped when it no longer holds."""
    return with_answer(session, "events", events, pack).with_changes(derived=source)


def without_stale_events(session: Session) -> Session:
    """Drop derived events if the certificate, unit or kind of subscriber that they were derived from has changed."""
    return (
        session
        if session.derived is None or _is_still_derived(session, session.derived)
        else without_derived_events(session)
    )


def without_derived_events(session: Session) -> Session:
    """Drop derived events and the answers that depend on them, so that both are asked."""
    if session.derived is None:
        return session
    gone = {"events", *DEPENDENTS["events"]}
    answers = {known: said for known, said in session.answers.items() if known not in gone}
    return session.with_changes(answers=answers, derived=None)


def _is_still_derived(session: Session, derived: DerivedEvents) -> bool:
    fingerprint = session.certificate.fingerprint if session.certificate else None
    of_a_person = session.answers.get("events") == [Event.UNIT_REORGANISED]
    subject = Subject.INDIVIDUAL if of_a_person else Subject.ORGANISATION
    of_the_same = session.answers.get("subject") in (None, subject)
    return of_the_same and (fingerprint, session.unit) == (derived.certificate, derived.unit)


def without_answer(session: Session, fact: str) -> Session:
    """Return the session without one answer, so that it is asked again.

    Dependent answers stay until the new answer is known.
    """
    answers = {known: said for known, said in session.answers.items() if known != fact}
    certificate = None if fact == "certificate" else session.certificate
    derived = None if fact == "events" else session.derived
    return session.with_changes(answers=answers, certificate=certificate, typed_expiry=None, derived=derived)


def latest_fact(session: Session) -> str | None:
    """Return the fact that was answered last, or ``None``."""
    return next(reversed(session.answers), None)


def _without_dependents(session: Session, fact: str, pack: Pack) -> Session:
    for dependent in DEPENDENTS.get(fact, ()):
        if dependent in session.answers and not _is_still_an_option(session, dependent, pack):
            session = without_answer(session, dependent)
    return session


def _is_still_an_option(session: Session, fact: str, pack: Pack) -> bool:
    """Return whether an old answer is still offered; "data match" never is, because it depends on what changed."""
    if fact == "information_matches":
        return False
    others = facts_of(without_answer(session, fact))
    asked = question_of(pack, fact)
    options = {option.value for option in asked.options_for(others)} if asked else set()
    said = session.answers[fact]
    return set(said if isinstance(said, list) else [said]) <= options


def certificate_facts(certificate: Certificate) -> dict[str, Any]:
    """Return the value of the fact ``certificate`` for a file that was read, with days in Viet Nam."""
    return {
        "not_before": to_vietnam_day(certificate.not_before).isoformat() if certificate.not_before else None,
        "not_after": to_vietnam_day(certificate.not_after).isoformat(),
        "issuer": certificate.issuer_kind.value,
    }
