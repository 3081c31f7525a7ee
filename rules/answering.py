"""Answers questions about procedure by a pack; the facts of the case matter where signing on would be unsafe."""

import re
from datetime import date

from rules.facts import Event, Facts, Token
from rules.pack import Pack, QuestionAnswer

#: Events after which nobody signs with the certificate of an officer.
_GONE = frozenset({Event.DECEASED, Event.LEFT_STATE_SERVICE})
#: Stands for every form, number or term that a pack does not list.
OTHER = "other"


def answer_question(pack: Pack, ask: str, named: str | None = None) -> QuestionAnswer | None:
    """Return what the pack answers to a question.

    Args:
        pack: The rule pack.
        ask: What is asked about, such as ``renewal``.
        named: The form, number or term that the question names, such as ``60`` or ``09`` (``find_named``).

    Returns:
        The answer for what is named; else the one for any other name; else the one for the question without a name.
        ``None`` if the pack has none.
    """
    answers = {(answer.ask, answer.named): answer for answer in pack.answers}
    wanted = (named, OTHER, None) if named is not None else (None,)
    return next((answers[ask, name] for name in wanted if (ask, name) in answers), None)


def find_named(pack: Pack, ask: str, folded: str) -> str | None:
    """Return the form, number or term that a question names, for ``answer_question``; ``None`` if it names none.

    Args:
        pack: The rule pack.
        ask: What is asked about.
        folded: The question in small letters without accents, its words parted by single spaces.
    """
    numbers = re.findall(r"\d+", folded)
    named = {*numbers, *(number.zfill(2) for number in numbers)}
    answers = [answer for answer in pack.answers if answer.ask == ask and answer.named is not None]
    for answer in answers:
        if answer.named in named or any(f" {word} " in f" {folded} " for word in answer.words):
            return answer.named
    return OTHER if numbers and any(answer.named == OTHER for answer in answers) else None


def name_by_case(ask: str, facts: Facts, today: date) -> str | None:
    """Return what the case at hand names for a question, for ``answer_question``; the gravest first.

    Args:
        ask: What is asked about; only whether one may go on signing depends on the case.
        facts: What is known of the case.
        today: The day in Viet Nam.
    """
    if ask != "sign_meanwhile":
        return None
    if facts.key_exposed or facts.token is Token.LOST:
        return "unsafe"
    if facts.events and facts.events & _GONE:
        return "gone"
    ends = facts.certificate.not_after if facts.certificate else None
    return "expired" if ends and ends < today else None
