"""Answers questions about procedure by a pack, whatever the facts of the case are."""

import re

from rules.pack import Pack, QuestionAnswer

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
