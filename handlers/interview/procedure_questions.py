"""Answers questions about the procedure from the rule pack, at any page; the open question stays."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from markupsafe import Markup

from handlers.citations import format_set_offices, format_sourced, format_statement
from handlers.core import (
    Context,
    cited_documents,
    current_decision,
    facts_of,
    filing_notice_of,
    format_documents,
    format_title,
    units_of,
)
from handlers.core.text import format_bold, format_bullets, join_lines
from handlers.folding import fold
from locales import N_
from rules import answer_question, find_named, name_by_case
from rules.outcome import Notice

#: Documents that are named for the legal basis; the others stand in the answer of the whole case.
_MOST = 4
NOT_READ = N_("No text that I have read says that. Please ask the office that receives your dossier.")
AFTER_THE_QUESTIONS = N_("That depends on your case: a few more answers, and I name the steps and the form.")
IN_THE_ANSWER = N_("It stands in the answer above; “{steps}” under it goes through it.")
#: Questions that the decision answers whole: what the pack says of every case would only be read past.
_WHOLE_BY_CASE = frozenset({"which_form"})
#: What a question is about, as the head of its answer.
TITLES = {
    "where": N_("Where to file"),
    "which_form": N_("Which form"),
    "who_signs": N_("Who signs"),
    "how_long": N_("How long it takes"),
    "legal_basis": N_("Legal basis"),
    "renewal": N_("Extending the certificate"),
    "sign_meanwhile": N_("Signing meanwhile"),
    "what_to_do": N_("What to do"),
    "what_is": N_("In a few words"),
    "device": N_("The token"),
    "form_number": N_("Numbers of forms"),
    "fee": N_("Fees"),
    "deadline": N_("Until when"),
    "managing_body": N_("The managing body"),
}


def answer_questions(here: Context, asks: Iterable[str], text: str) -> tuple[Markup, ...]:
    """Answer questions about the procedure, each with its sources.

    Args:
        here: The session and services of the turn.
        asks: The names of the questions, as the reading of a sentence has them.
        text: The sentence, which may name a form, a number of days or a term.

    Returns:
        One paragraph for each question.
    """
    folded = fold(text)
    return tuple(_answer(here, ask, folded) for ask in asks if ask in TITLES)


def _answer(here: Context, ask: str, folded: str) -> Markup:
    title = format_bold(here.say(TITLES[ask]))
    case = list(_from_the_case(here, ask))
    whole = ask in _WHOLE_BY_CASE and case
    said = case if whole else [*case, *_from_the_pack(here, ask, folded)]
    return join_lines(title, format_bullets(dict.fromkeys(said) or [here.say(NOT_READ)]))


def _from_the_pack(here: Context, ask: str, folded: str) -> Iterator[str]:
    pack = here.world.pack
    named = find_named(pack, ask, folded) or name_by_case(ask, facts_of(here.session), here.today)
    answer = answer_question(pack, ask, named)
    if answer is not None:
        yield format_statement(answer.statement, here.say.t)


def _from_the_case(here: Context, ask: str) -> Iterator[str]:
    """Yield what the case at hand adds: its offices, its forms, the documents of its answer, or where the steps are."""
    if ask == "where":
        yield from _offices(here)
    elif ask == "which_form":
        yield from _forms(here)
    elif ask == "legal_basis":
        _, *documents = format_documents(here.say, cited_documents(here)[:_MOST])
        yield from documents
    elif ask == "what_to_do" and current_decision(here) is None:
        yield here.say(AFTER_THE_QUESTIONS)
    elif ask == "what_to_do":
        yield here.say(IN_THE_ANSWER, steps=here.say.t(N_("Step by step")))


def _forms(here: Context) -> Iterator[str]:
    """Yield each procedure of the decision that has a form, with its reasons' places in the law."""
    decided = current_decision(here)
    for action in decided.actions if decided is not None else ():
        if action.form:
            cited = dict.fromkeys(citation for reason in action.reasons for citation in reason.citations)
            yield format_sourced(format_title(here.say, action, None), tuple(cited), here.say.t)


def _offices(here: Context) -> Iterator[str]:
    """Yield where to file in this case: the office of the operator, or those of the decision."""
    decided = current_decision(here)
    if decided is not None:
        told = filing_notice_of(here, decided)
        head = f"{here.say.t(N_('Where to file.'))} "  # the title says it already
        yield _sourced(here, replace(told, text=told.text.removeprefix(head)))
    else:
        yield from format_set_offices(here.world.pack, here.world.offices, units_of(here), here.say.t)


def _sourced(here: Context, told: Notice) -> str:
    return format_sourced(told.text, told.citations, here.say.t)
