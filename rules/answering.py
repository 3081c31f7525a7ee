"""Answers questions about procedure by a pack, whatever the facts of the case are."""

from rules.pack import Pack, QuestionAnswer

#: Stands for every form, number or term that a pack does not list.
OTHER = "other"


def answer_question(pack: Pack, ask: str, named: str | None = None) -> QuestionAnswer | None:
    """Return what the pack answers to a question.

    Args:
        pack: The rule pack.
        ask: What is asked about, such as ``renewal``.
        named: The form, number or term that the question names, such as ``60`` or ``09``.

    Returns:
        The answer for what is named; else the one for any other name; else the one for the question without a name.
        ``None`` if the pack has none.
    """
    answers = {(answer.ask, answer.named): answer for answer in pack.answers}
    wanted = (named, OTHER, None) if named is not None else (None,)
    return next((answers[ask, name] for name in wanted if (ask, name) in answers), None)
