"""Answers questions about the procedure from the rule pack, at any page; the open question stays."""

from collections.abc import Callable, Iterable, Iterator

from markupsafe import Markup

from handlers.citations import format_statement
from handlers.core import Context, cited_documents, current_decision, format_documents
from handlers.core.text import format_bold, format_bullets, join_lines
from locales import N_
from rules.deciding import office_notice
from rules.outcome import Citation, Procedure, Statement
from rules.pack import ProcedureGuide

#: Sentences of one answer; more is for the answer of the whole case.
_MOST = 4
_DECREE = "68/2024/NĐ-CP"
NOT_READ = N_("No text that I have read says that. Please ask the office that receives your dossier.")
AFTER_THE_QUESTIONS = N_("That depends on your case: a few more answers, and I name the steps and the form.")
IN_THE_ANSWER = N_("It stands in the answer, step by step; “{again}” brings it back.")
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
#: Words of the law that explain a term, with their place: Điều 3 of the Decree.
_TERMS = {
    "device": (
        N_("The token (thiết bị lưu khóa bí mật) is the device that holds the subscriber's private key."),
        "5",
    ),
    "managing_body": (
        N_(
            "The managing body (cơ quan, tổ chức quản lý trực tiếp) is the body with legal personality and a seal of"
            " its own that directly looks after the subscriber of the certificate."
        ),
        "6",
    ),
}


def answer_questions(here: Context, asks: Iterable[str]) -> tuple[Markup, ...]:
    """Answer questions about the procedure, each with its sources.

    Args:
        here: The session and services of the turn.
        asks: The names of the questions, as the reading of a sentence has them.

    Returns:
        One paragraph for each question.
    """
    return tuple(_answer(here, ask) for ask in asks if ask in TITLES)


def _answer(here: Context, ask: str) -> Markup:
    title = format_bold(here.say(TITLES[ask]))
    said = list(dict.fromkeys(_ANSWERS[ask](here)))[:_MOST]
    return join_lines(title, format_bullets(said or [here.say(NOT_READ)]))


def _notices(here: Context, *ids: str) -> Iterator[str]:
    for name in ids:
        notice = here.world.pack.notices.get(name)
        if notice is not None:
            yield format_statement(Statement(notice.text, notice.citations), here.say.t)


def _guides(here: Context, *procedures: Procedure) -> list[ProcedureGuide]:
    """Return the guides of the decision, if it is known and has one of these procedures, else of these procedures."""
    decided, known = current_decision(here), here.world.pack.procedures
    mine = [action.procedure for action in decided.actions] if decided else []
    wanted = [one for one in mine if one in procedures] or procedures
    return [known[one] for one in wanted if one in known]


def _steps(here: Context, words: tuple[str, ...], *procedures: Procedure) -> Iterator[str]:
    """Yield the steps that hold one of these English words: the pack's texts are English message ids."""
    for guide in _guides(here, *procedures):
        for step in guide.steps:
            if any(word in step.text for word in words):
                yield format_statement(step.statement, here.say.t)


def _where(here: Context) -> Iterator[str]:
    if here.world.office:
        told = office_notice(here.world.pack, here.world.office)
        text = here.say.t(told.text, office=here.world.office)
        yield format_statement(Statement(text, told.citations), str)
    else:
        yield from _notices(here, "receiving_office")
    yield from _notices(here, "provinces_differ")


def _forms(here: Context) -> Iterator[str]:
    t = here.say.t
    for guide in _guides(here, *Procedure):
        forms = dict.fromkeys([*([guide.form] if guide.form else []), *guide.forms.values()])
        if forms:
            numbers = ", ".join(f"Mẫu {form}" for form in forms)
            yield f"{t(guide.title)}: {numbers}"


def _who_signs(here: Context) -> Iterator[str]:
    yield from _steps(here, ("signs",), Procedure.CHANGE_INFORMATION, Procedure.REVOKE, Procedure.EXTEND)


def _how_long(here: Context) -> Iterator[str]:
    yield from _steps(here, ("working day",), Procedure.ISSUE_NEW, Procedure.RESTORE_DEVICE)
    yield from _notices(here, "unread_limits")


def _legal_basis(here: Context) -> Iterator[str]:
    _, *documents = format_documents(here.say, cited_documents(here)[:_MOST])
    yield from documents


def _renewal(here: Context) -> Iterator[str]:
    yield from _steps(here, ("before the certificate expires", "at most 3 years"), Procedure.EXTEND)
    yield from _notices(here, "near_expiry_window", "unread_limits")


def _sign_meanwhile(here: Context) -> Iterator[str]:
    yield from _notices(here, "sign_meanwhile", "may_sign_meanwhile", "signing_meanwhile")


def _what_to_do(here: Context) -> Iterator[str]:
    if current_decision(here) is None:
        yield here.say(AFTER_THE_QUESTIONS)
    else:
        yield here.say(IN_THE_ANSWER, again=here.say.t(N_("Show the answer again")))


def _device(here: Context) -> Iterator[str]:
    yield from _steps(here, ("",), Procedure.RETURN_DEVICE)
    yield from _notices(here, "new_key")


def _form_numbers(here: Context) -> Iterator[str]:
    yield from _notices(here, "form_numbers", "form_number_clash")
    yield from _forms(here)


def _deadline(here: Context) -> Iterator[str]:
    yield from _notices(here, "unread_limits")


def _term(here: Context, name: str) -> str:
    text, clause = _TERMS[name]
    document = here.world.pack.documents.get(_DECREE)
    cited = Citation(_DECREE, article="3", clause=clause, name=document.cited_as if document else _DECREE)
    return format_statement(Statement(text, (cited,) if document else ()), here.say.t)


_ANSWERS: dict[str, Callable[[Context], Iterable[str]]] = {
    "where": _where,
    "which_form": _forms,
    "who_signs": _who_signs,
    "how_long": _how_long,
    "legal_basis": _legal_basis,
    "renewal": _renewal,
    "sign_meanwhile": _sign_meanwhile,
    "what_to_do": _what_to_do,
    "what_is": lambda here: [_term(here, name) for name in _TERMS],
    "device": _device,
    "form_number": _form_numbers,
    "fee": lambda _: [],
    "deadline": _deadline,
    "managing_body": lambda here: [_term(here, "managing_body")],
}
