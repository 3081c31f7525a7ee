"""Tell how far the papers of a dossier are, and give out the empty list to fill in."""

from handlers.core import (
    Attachment,
    ButtonTapped,
    Choice,
    Context,
    Event,
    HandlerResult,
    ListMade,
    MakeList,
    MarkupTranslator,
    Reply,
    ScreenCallback,
)
from handlers.model import XLSX
from locales import N_, Translator

#: The screen of buttons that stay valid, and their values: one stops the papers of its order, one gives an empty list.
_SCREEN, _STOP, LIST_TO_FILL = "dossier", "stop", "list"
#: Stands in the session as the last act where the command whose turn comes next has stopped the papers already.
STOPPED = "papers stopped"
#: Words that ask for the empty list.
LIST_WORDS = ("mau danh sach", "danh sach mau", "lay mau danh sach", "tep mau", "list template")
LIST_LABEL = N_("Get an empty list to fill in")
PROGRESS = N_("I am making the papers of {count} certificates: {done} of {total} files. To stop it: /huy")
PROGRESS_ENDS = {
    "made": N_("The papers of {count} certificates are made."),
    "stopped": N_("Stopped; no papers of these {count} certificates were made."),
    "failed": N_("The papers of {count} certificates were not made."),
    "none": N_("No papers were made."),
}


def stop_choice(t: Translator, order: str) -> Choice:
    """Return the button that stops the papers of an order; it is valid for them alone."""
    tap = ScreenCallback(_SCREEN, _STOP, f"={order}")
    return Choice(label=t(N_("Stop making them")), tap=str(tap), numbered=False)


def stops_order(event: Event, order: str) -> bool:
    """Return whether an event is the tap on the button that stops an order."""
    wanted = str(ScreenCallback(_SCREEN, _STOP, f"={order}"))
    return bool(order) and isinstance(event, ButtonTapped) and event.data == wanted


async def take_lasting_tap(here: Context, value: str, subject: str) -> HandlerResult:
    """Order the empty list; say nothing to a stop: the papers were stopped, or made, before the turn of that tap."""
    del subject
    return order_list(here) if value == LIST_TO_FILL else HandlerResult(here.session, show=False)


def list_choice(t: Translator) -> Choice:
    """Return the button that gives an empty list."""
    return Choice(label=t(LIST_LABEL), tap=str(ScreenCallback(_SCREEN, LIST_TO_FILL, f"={'0' * 8}")), numbered=False)


def order_list(here: Context) -> HandlerResult:
    """Order the empty list; it is made after this turn."""
    return HandlerResult(here.session, again=(MakeList(),), show=False)


def handle_made_list(here: Context, event: MakeList | ListMade) -> HandlerResult:
    """Send the empty list, or tell why there is none."""
    content = event.content if isinstance(event, ListMade) else None
    if content is None:
        trouble = (event.trouble if isinstance(event, ListMade) else None) or "failed"
        return HandlerResult(here.session, notes=(here.say(_NO_LIST[trouble]),), show=False)
    told = here.say(N_("One line a certificate; fill it in and send it here. Columns you do not need may stay empty."))
    file = Attachment.of("danh-sach-chung-thu.xlsx", XLSX, content)
    return HandlerResult(here.session, notes=(told,), attachments=(file,), show=False)


_NO_LIST = {
    "no_files": N_(
        "This channel sends no files. A list needs one row with headings, such as “Tên”, “Số hiệu chứng thư”."
    ),
    "failed": N_("The file could not be made. Please ask for it once more in a moment."),
}


def format_progress(language: str, count: int, done: int, total: int, order: str) -> Reply:
    """Format the message that shows how far the papers are, with the button that stops them."""
    say = MarkupTranslator(language)
    told = say(PROGRESS, count=count, done=done, total=total)
    return Reply(paragraphs=(str(told),), choices=(stop_choice(say.t, order),) if order else ())


def format_progress_end(language: str, count: int, end: str) -> Reply:
    """Format what stands in its place at the end: ``made``, ``stopped``, ``failed`` or ``none``."""
    return Reply(paragraphs=(str(MarkupTranslator(language)(PROGRESS_ENDS[end], count=count)),))
