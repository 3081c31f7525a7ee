"""The facts about the condition of a certificate that are asked together."""

from datetime import date

from handlers.core import Session, facts_of, without_answer
from rules.deciding import needs
from rules.pack import Pack

#: In the pack's order; ``information_matches`` is asked with them, because most officers look at the same certificate.
CONDITION_FACTS = ("certificate", "information_matches", "token", "key_exposed")


def condition_facts(session: Session, pack: Pack, today: date) -> tuple[str, ...]:
    """Return those of the facts that can still change the decision, in the pack's order."""
    return tuple(fact for fact in needs(pack, facts_of(session), today) if fact in CONDITION_FACTS)


def known_day(session: Session) -> date | None:
    """Return the last day of the certificate as it was typed to the page that asks for it, or told before."""
    return session.typed_expiry or session.told_expiry


def is_asked_together(session: Session, pack: Pack, today: date) -> bool:
    """Return whether the next question is one of several about the condition, none of them being changed by itself."""
    missing = needs(pack, facts_of(session), today)
    wanted = [fact for fact in missing if fact in CONDITION_FACTS]
    return len(wanted) > 1 and missing[0] in CONDITION_FACTS and not {"token", "key_exposed"}.isdisjoint(wanted)


def without_condition(session: Session) -> Session:
    """Take back the latest answers about the condition, as far as they were given together and by hand."""
    from_file = session.certificate is not None
    for fact in reversed(session.answers):
        if fact not in CONDITION_FACTS or (fact == "certificate" and from_file):
            break
        session = without_answer(session, fact)
    return session
