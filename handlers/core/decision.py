"""The decision of a conversation: what it says, and what of it can be registered."""

from dataclasses import replace
from datetime import date

from markupsafe import Markup, escape

from handlers.core import interview
from handlers.core.citations import format_statement
from handlers.core.dates import format_day
from handlers.core.screen import Context
from handlers.core.text import MarkupTranslator, format_bold, format_bullets, format_numbered, join_lines, strip_markup
from locales import N_
from rules.deciding import office_notice
from rules.outcome import Action, Decided, Notice, Procedure
from rules.pack import Document

#: Procedures that are a yêu cầu chứng thực (Decree 68/2024/NĐ-CP, definitions): what can be registered as a request.
REGISTRABLE = frozenset(
    {
        Procedure.CHANGE_INFORMATION,
        Procedure.REVOKE,
        Procedure.EXTEND,
        Procedure.ISSUE_NEW,
        Procedure.RESTORE_DEVICE,
    }
)


def current_decision(here: Context) -> Decided | None:
    """The decision; ``None`` where something is still to be asked."""
    outcome = interview.decide_answers(here.session, here.world.pack, here.today)
    return outcome if isinstance(outcome, Decided) else None


def registrable_actions(decided: Decided) -> list[Action]:
    """The actions that can be registered as requests."""
    return [action for action in decided.actions if action.procedure in REGISTRABLE]


def format_headline(say: MarkupTranslator, decided: Decided) -> Markup:
    """How many things there are to do."""
    number = len(decided.actions)
    if number == 1:
        return say(N_("<b>Here is what to do.</b>"))
    return say(N_("<b>There are {number} things to do, in this order.</b>"), number=number)


def format_decision(here: Context, decided: Decided) -> list[Markup]:
    """The whole decision in paragraphs: actions, then notices; each sentence with what it rests on."""
    many = len(decided.actions) > 1
    actions = [
        _format_action(here.say, action, number if many else None) for number, action in enumerate(decided.actions, 1)
    ]
    return [*(paragraph for action in actions for paragraph in action), *_format_notices(here, decided)]


def format_decision_plain(here: Context, decided: Decided) -> str:
    """The decision as text without markup, to be kept with a request as it was given."""
    return "\n\n".join(
        strip_markup(part) for part in (format_headline(here.say, decided), *format_decision(here, decided))
    )


def _format_action(say: MarkupTranslator, action: Action, number: int | None) -> list[Markup]:
    form = say.t(N_(" (form: Mẫu {form})"), form=action.form) if action.form else ""
    title = Markup("{}{}{}").format(f"{number}. " if number else "", say.text(action.title), form)
    why = join_lines(
        say(N_("<i>Why:</i>")), format_bullets(format_statement(reason, say.t) for reason in action.reasons)
    )
    how = join_lines(say(N_("<i>How:</i>")), format_numbered(format_statement(step, say.t) for step in action.steps))
    return [format_bold(title), why, *([how] if action.steps else [])]


def _format_notices(here: Context, decided: Decided) -> list[Markup]:
    if not decided.notices:
        return []
    notices = (Markup("• {}").format(_format_notice(here, notice)) for notice in decided.notices)
    return [here.say(N_("<b>Please note</b>")), *notices]


def _format_notice(here: Context, notice: Notice) -> Markup:
    """A notice in words; the receiving office is the operator's setting, so it is put in here."""
    office, t = here.world.office, here.say.t
    if notice.id == "receiving_office" and office:
        told = office_notice(here.world.pack, office)
        notice = replace(told, text=t(told.text, office=office))  # in words already: no message id any more
    return escape(format_statement(notice, t))


def cited_documents(here: Context) -> list[Document]:
    """Those of the answer where there is one, else all of the pack."""
    documents, decided = here.world.pack.documents, current_decision(here)
    if decided is None:
        return list(documents.values())
    cited_by = [*(a.citations for a in decided.actions), *(n.citations for n in decided.notices)]
    numbers = {citation.document for citations in cited_by for citation in citations}
    return [document for document in documents.values() if document.number in numbers]


def format_documents(say: MarkupTranslator, documents: list[Document]) -> list[Markup]:
    """A paragraph per document."""
    return [format_bold(say(N_("Documents"))), *(_format_document(say, document) for document in documents)]


def _format_document(say: MarkupTranslator, document: Document) -> Markup:
    return join_lines(
        Markup("<b>{}</b> – {}").format(document.number, document.proper_title),
        _format_issue(say, document),
        _format_force(say, document),
        say.text(document.issuer_status) if document.issuer_status else "",
        say.text(document.note) if document.note else "",
    )


def _format_issue(say: MarkupTranslator, document: Document) -> Markup:
    if document.date is None:
        return say(N_("Issued by {issuer}."), issuer=document.issuer)
    return say(N_("Issued by {issuer}, {day}."), issuer=document.issuer, day=format_day(document.date))


def _format_force(say: MarkupTranslator, document: Document) -> Markup:
    if document.in_force_from is None:
        return Markup()
    if document.in_force_to is None:
        return say(N_("In force from {start}."), start=_format_optional_day(document.in_force_from))
    return say(
        N_("In force from {start} to {end}."),
        start=_format_optional_day(document.in_force_from),
        end=_format_optional_day(document.in_force_to),
    )


def _format_optional_day(value: date | None) -> str:
    return format_day(value) if value else ""
