"""The answer to the interview, what stands behind its buttons, its print, and the screen after a request."""

import re
from collections.abc import Callable, Iterable, Iterator

from markupsafe import Markup

from handlers.core import (
    AnswerPrinted,
    Attachment,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    PrintAnswer,
    PrintedPart,
    RequestDraft,
    capitalize_first,
    cited_documents,
    current_decision,
    explain_certainty,
    format_actions,
    format_bold,
    format_brief_answer,
    format_day,
    format_decision_plain,
    format_documents,
    format_notices,
    format_pack,
    format_statement,
    format_steps,
    format_title,
    hash_text,
    join_lines,
    registrable_actions,
    strip_markup,
)
from handlers.forms.case import case_of_answer
from handlers.forms.filling import begin_forms
from handlers.interview import to_next_certificate, to_next_screen
from handlers.interview.screens.question import format_answers_given
from handlers.model import DOCX, PDF, Request
from locales import N_
from rules.outcome import Decided, Procedure

STEPS, SOURCES, NOTES, CERTAINTY, TERMS, PRINT, WHOLE = (
    "steps",
    "sources",
    "notes",
    "certainty",
    "terms",
    "print",
    "whole",
)
FORMS, REGISTER, REVIEW, ANOTHER, GO_ON = "forms", "register", "review", "another", "continue"
STANDS_ABOVE = N_("<b>The answer stands above, unchanged.</b> In short:")

#: What people type for the reasons and their sources.
_WHY = ("can cu", "can cu phap ly", "van ban nao", "vi sao", "tai sao", "vi sao vay", "tai sao vay", "ly do", "why")


class AnswerScreen(OptionsOnlyScreen):
    """Shows the decision in short once nothing more can change it; everything else is behind lasting buttons."""

    async def page(self, here: Context) -> Page:
        """Show the short answer, or a pointer if it stands in the chat; the way on if a question is open again."""
        decided = current_decision(here)
        if decided is None:
            go_on = Option(GO_ON, here.say.t(N_("Continue")), ("tiep tuc", "continue"))
            return Page(here.say(N_("The rules have changed meanwhile; there is something more to ask.")), (), (go_on,))
        answer = format_brief_answer(here, decided)
        text = str(Markup("\n").join(answer))
        shown = here.session.shown == hash_text(text)
        title, *told = (here.say(STANDS_ABOVE), _format_pointer(here, decided)) if shown else answer
        options = tuple(_answer_options(here, decided, shown=shown))
        return Page(title, tuple(told), options, subject=_subject(decided), remember=text)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Show more, register requests, review the answers, or take up another certificate."""
        decided = current_decision(here)
        if value in SHOWN_MORE and decided is not None:
            return await _show_more(here, decided, value)
        if value == FORMS and (case := case_of_answer(here)):
            return HandlerResult(begin_forms(here, case))
        if value == REGISTER and decided is not None:
            return await _begin_draft(here, decided)
        if value == REVIEW:
            return HandlerResult(here.session.with_screen("review"))
        if value == ANOTHER:
            return HandlerResult(
                to_next_certificate(here), notes=(here.say(N_("Let us take up the next certificate.")),)
            )
        return HandlerResult(to_next_screen(here))


def _subject(decided: Decided) -> str:
    """Identify the decision by what led to it, in every language."""
    rows = (row for action in decided.actions for row in action.rows)
    return ",".join((*rows, *(notice.id for notice in decided.notices)))


def _format_pointer(here: Context, decided: Decided) -> Markup:
    many = len(decided.actions) > 1
    titles = (format_title(here.say, action, at if many else None) for at, action in enumerate(decided.actions, 1))
    return join_lines(*titles)


def _answer_options(here: Context, decided: Decided, *, shown: bool) -> list[Option]:
    t = here.say.t
    again = Option(WHOLE, t(N_("Read it here again")), ("doc lai", "xem lai cau tra loi", "again"))
    steps = Option(STEPS, t(N_("Step by step")), ("tung buoc", "cac buoc", "lam the nao", "steps"), lasting=True)
    sources = Option(SOURCES, t(N_("Why? Legal basis")), _WHY, lasting=True)
    notes = Option(NOTES, t(N_("Please note")), ("luu y", "can luu y", "notes"), lasting=True)
    certainty = Option(CERTAINTY, t(N_("How sure is this?")), ("chac khong", "co chac khong", "do chac"), lasting=True)
    terms = Option(TERMS, t(N_("What is a managing body?")), ("giai thich", "thuat ngu", "terms"), lasting=True)
    file = Option(PRINT, t(N_("For print")), ("ban in", "in ra", "tep word", "print"), lasting=True)
    papers = ("lap giay to", "lap mau", "dien mau", "giay to", "papers")
    forms = Option(FORMS, t(N_("Make the papers")), papers)
    register = Option(REGISTER, t(N_("Register the request")), ("dang ky", "dang ky yeu cau", "register"))
    return [
        steps,
        sources,
        *([notes] if decided.notices else []),
        certainty,
        terms,
        file,
        *([forms] if case_of_answer(here) else []),
        *([register] if registrable_actions(decided) else []),
        Option(REVIEW, t(N_("Review or change my answers")), ("xem lai", "sua", "review")),
        Option(ANOTHER, t(N_("Take up another certificate")), ("chung thu khac", "another")),
        *([again] if shown else []),  # last: the numbers of the others stay as they were printed
    ]


def _format_terms(here: Context, decided: Decided) -> list[Markup]:
    """Explain the terms of the pack, each with its source; what a procedure is only where the answer has it."""
    revoking = any(action.procedure is Procedure.REVOKE for action in decided.actions)
    explained = [
        answer for answer in here.pack.answers if answer.ask == "what_is" and (revoking or answer.named != "revocation")
    ]
    say = here.say
    paragraphs = (Markup("{}").format(format_statement(answer.statement, say.t)) for answer in explained)
    return [format_bold(say(N_("What the words mean"))), *paragraphs]


def _format_sources(here: Context, decided: Decided) -> list[Markup]:
    documents = here.say(N_("The documents themselves, with what became of them: /vanban"))
    return [*format_actions(here, decided), documents]


#: What each lasting button shows; the document for print is ordered instead.
SHOWN_MORE: dict[str, Callable[[Context, Decided], list[Markup]] | None] = {
    WHOLE: format_brief_answer,
    STEPS: format_steps,
    SOURCES: _format_sources,
    NOTES: format_notices,
    CERTAINTY: explain_certainty,
    TERMS: _format_terms,
    PRINT: None,
}


async def _show_more(here: Context, decided: Decided, value: str) -> HandlerResult:
    """Show more as a message of its own; where the answer is the open page, with the page's buttons."""
    form = SHOWN_MORE[value]
    if form is None:
        return print_answer(here, decided)
    open_page = here.session.screen == "answer"
    choices = (await AnswerScreen().page(here)).to_reply(here.session).choices if open_page else ()
    paragraphs = [paragraph for paragraph in form(here, decided) if paragraph]
    return HandlerResult(here.session, notes=tuple(paragraphs), choices=choices, show=False)


async def show_more_of_answer(here: Context, value: str, subject: str) -> HandlerResult | None:
    """Show more for a button under an answer, if the session still leads to the same answer."""
    decided = current_decision(here)
    if decided is None or value not in SHOWN_MORE:
        return None
    return await _show_more(here, decided, value) if subject == hash_text(_subject(decided)) else None


async def _begin_draft(here: Context, decided: Decided) -> HandlerResult:
    """Begin a draft; if every action has an open request for this certificate already, show that instead."""
    known = await _find_open_requests(here, decided)
    if known and len(known) == len(registrable_actions(decided)):
        note = here.say(N_("This is already registered; here is the open request."))
        return HandlerResult(here.session.with_screen("request", about=known[0].code), notes=(note,))
    open_draft = here.session.draft if here.session.draft and not here.session.draft.code else None
    begun = open_draft or here.session.set_aside or RequestDraft()
    draft = RequestDraft(answer=format_decision_plain(here, decided), fields=begun.fields, unit_code=begun.unit_code)
    return HandlerResult(to_next_screen(here.with_session(here.session.with_changes(draft=draft, set_aside=None))))


async def _find_open_requests(here: Context, decided: Decided) -> list[Request]:
    certificate = here.session.certificate
    if certificate is None:
        return []
    found = [
        await here.world.requests.open_for(certificate.certificate_key, a.procedure)
        for a in registrable_actions(decided)
    ]
    return [request for request in found if request is not None]


ANOTHER, REQUESTS, ANSWER = "another", "requests", "answer"


class NextStepScreen(OptionsOnlyScreen):
    """Offers the next certificate: one conversation may cover an absorbed body and then its officers."""

    async def page(self, here: Context) -> Page:
        """Show what can be done after a registration."""
        t = here.say.t
        options = (
            Option(ANOTHER, t(N_("Take up another certificate")), ("chung thu khac", "tiep tuc", "another")),
            Option(REQUESTS, t(N_("My requests")), ("yeu cau cua toi", "yeu cau", "requests")),
            Option(ANSWER, t(N_("Show the answer again")), ("xem lai cau tra loi", "answer")),
        )
        return Page(here.say(N_("<b>What next?</b>")), options=options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open what was chosen; the values are names of screens, except for another certificate."""
        if value == ANOTHER:
            return HandlerResult(to_next_certificate(here))
        return HandlerResult(here.session.with_screen(value))


PRINT_PROBLEMS = {
    "no_files": N_("This channel sends no files. The buttons under the answer show all of it."),
    "failed": N_("The file could not be made. Please ask for it once more in a moment."),
}
#: Pictures beyond the basic plane, such as the coloured dots of the certainty.
_PICTURES = re.compile(r"[\U0001F000-\U0001FFFF]")
_FILE_NAME = "tra-loi-chung-thu-{day}.docx"


def print_answer(here: Context, decided: Decided) -> HandlerResult:
    """Order the document; it is made after this turn, outside its transaction."""
    wanted = PrintAnswer(name=_FILE_NAME.format(day=here.today.isoformat()), parts=tuple(_parts(here, decided)))
    soon = here.say(N_("I am making the file; it comes right away."))
    return HandlerResult(here.session, notes=(soon,), again=(wanted,), show=False)


def handle_printed_answer(here: Context, event: PrintAnswer | AnswerPrinted) -> HandlerResult:
    """Send the document or tell why there is none; an order that nobody carried out counts as failed."""
    if isinstance(event, AnswerPrinted) and event.content is not None:
        note = here.say(N_("The whole answer as a file, to print or to pass on."))
        files = [Attachment.of(event.name, DOCX, event.content)]
        if event.pdf is not None:
            files.append(Attachment.of(f"{event.name.removesuffix('.docx')}.pdf", PDF, event.pdf))
        return HandlerResult(here.session, notes=(note,), attachments=tuple(files), show=False)
    trouble = (event.trouble if isinstance(event, AnswerPrinted) else None) or "failed"
    return HandlerResult(here.session, notes=(here.say(PRINT_PROBLEMS[trouble]),), show=False)


def _parts(here: Context, decided: Decided) -> Iterator[PrintedPart]:
    t = here.say.t
    yield PrintedPart(style="title", text=t(N_("What to do with a government digital certificate")))
    made = N_("Made by Trợ lý Chứng thư on {day}, rule pack {pack}. Help with the rules, not a decision of an office.")
    yield PrintedPart(style="small", text=t(made, day=format_day(here.today), pack=format_pack(here.pack, t)))
    yield from _section(t(N_("What was told")), format_answers_given(here))
    yield from _section(t(N_("The answer in short")), format_brief_answer(here, decided))
    yield from _section(t(N_("Step by step")), format_steps(here, decided))
    yield from _section(t(N_("Legal basis")), format_actions(here, decided))
    yield from _section("", format_notices(here, decided))
    yield from _section(t(N_("How sure this is")), explain_certainty(here, decided))
    yield from _section("", format_documents(here.say, cited_documents(here)))


def _section(heading: str, paragraphs: Iterable[Markup]) -> Iterator[PrintedPart]:
    """Yield a heading and the lines of the paragraphs; a line that begins in bold and ends so is one of its own.

    Signs that a chat shows as a picture are left out: the typeface of official papers has none.
    """
    if heading:
        yield PrintedPart(style="heading", text=heading)
    for line in (line for paragraph in paragraphs for line in paragraph.splitlines() if line.striptags()):
        bold = (
            line.startswith("<b>") and line.count("<b>") == 1 and not line.partition("</b>")[2].strip("[]0123456789 ")
        )
        text = _PICTURES.sub("", strip_markup(line)).strip()
        yield PrintedPart(style="lead" if bold else "text", text=capitalize_first(text))
