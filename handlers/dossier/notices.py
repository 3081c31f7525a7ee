"""What is told of a dossier beside its pages: how far its papers are, requests registered, and who was given it."""

from handlers.core import ButtonTapped, Choice, Context, Event, HandlerResult, Reply, ScreenCallback
from handlers.core.text import MarkupTranslator, join_lines
from handlers.model import RequestContent
from handlers.requests import PROCEDURE_LABELS
from handlers.requests.notices import open_desk_choice
from locales import N_, Translator

#: The screen, and the value, of the button that stops the papers of one order.
_SCREEN, _STOP = "dossier", "stop"
PROGRESS = N_("I am making the papers of {count} certificates: {done} of {total} files. To stop it: /huy")
PROGRESS_ENDS = {
    "made": N_("The papers of {count} certificates are made."),
    "stopped": N_("Stopped; no papers of these {count} certificates were made."),
    "failed": N_("The papers of {count} certificates were not made."),
}


def stop_choice(t: Translator, order: str) -> Choice:
    """Return the button that stops the papers of an order; it is valid for them alone."""
    tap = ScreenCallback(_SCREEN, _STOP, f"={order}")
    return Choice(label=t(N_("Stop making them")), tap=str(tap), numbered=False)


def stops_order(event: Event, order: str) -> bool:
    """Return whether an event is the tap on the button that stops an order."""
    wanted = str(ScreenCallback(_SCREEN, _STOP, f"={order}"))
    return bool(order) and isinstance(event, ButtonTapped) and event.data == wanted


async def ignore_stop(here: Context, value: str, subject: str) -> HandlerResult:
    """Say nothing: the papers were stopped, or made, before the turn of this tap came."""
    del value, subject
    return HandlerResult(here.session, show=False)


def format_progress(language: str, count: int, done: int, total: int, order: str) -> Reply:
    """Format the message that shows how far the papers are, with the button that stops them."""
    say = MarkupTranslator(language)
    told = say(PROGRESS, count=count, done=done, total=total)
    return Reply(paragraphs=(str(told),), choices=(stop_choice(say.t, order),) if order else ())


def format_progress_end(language: str, count: int, end: str) -> Reply:
    """Format what stands in its place at the end: ``made``, ``stopped`` or ``failed``."""
    return Reply(paragraphs=(str(MarkupTranslator(language)(PROGRESS_ENDS[end], count=count)),))


def format_registered(language: str, count: int, first: str, last: str) -> Reply:
    """Format the one notice to those in whose scope the requests of a dossier are."""
    say = MarkupTranslator(language)
    told = say(
        N_("A dossier of a whole unit brought <b>{count}</b> requests: {first} to {last}."),
        count=count,
        first=first,
        last=last,
    )
    return Reply(paragraphs=(str(told),), choices=(open_desk_choice(say),))


def format_registered_for_you(language: str, content: RequestContent) -> Reply:
    """Format the notice to a person whose certificate stands in a dossier."""
    say = MarkupTranslator(language)
    told = say(
        N_("Your unit ({unit}) has registered a request for the certificate you asked me about: <b>{procedure}</b>."),
        unit=content.unit,
        procedure=say.t(PROCEDURE_LABELS[content.procedure]),
    )
    ask = say(N_("If that is not right, please tell your focal officer. Your own requests: /yeucau"))
    return Reply(paragraphs=(str(join_lines(told, ask)),))


def format_given(language: str, dossier: str, count: int) -> Reply:
    """Format the notice to an admin who was given a dossier."""
    say = MarkupTranslator(language)
    told = N_(
        "A focal officer has handed you the dossier <b>{dossier}</b> of {count} certificates, with its requests:"
        " /donvi {dossier}"
    )
    return Reply(paragraphs=(str(say(told, dossier=dossier, count=count)),))
