"""What others are told of a dossier: requests registered for it, and that it was given to them."""

from handlers.core import Reply
from handlers.core.text import MarkupTranslator, join_lines
from handlers.model import RequestContent
from handlers.requests import PROCEDURE_LABELS
from handlers.requests.notices import open_desk_choice
from locales import N_


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
