"""The answer as one document for print: everything that stands behind the buttons, for the officer's chief."""

import re
from collections.abc import Iterable, Iterator

from markupsafe import Markup

from handlers.core import (
    AnswerPrinted,
    Attachment,
    Context,
    HandlerResult,
    PrintAnswer,
    PrintedPart,
    capitalize_first,
    cited_documents,
    explain_certainty,
    format_actions,
    format_brief_answer,
    format_day,
    format_documents,
    format_notices,
    format_steps,
    strip_markup,
)
from handlers.interview.screens.question import format_answers_given
from handlers.model import DOCX, PDF
from locales import N_
from rules.outcome import Decided

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
    yield PrintedPart(style="small", text=t(made, day=format_day(here.today), pack=here.world.pack.label))
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
