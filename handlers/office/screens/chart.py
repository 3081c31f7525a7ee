"""A chart that was drawn, or why there is none."""

from handlers.events import ChartDrawn, DrawChart
from handlers.page import Answered
from handlers.replies import Attachment
from handlers.screen import Here
from handlers.voice import bold
from locales import N_

_FAILED = N_("The chart could not be drawn. The numbers above say the same.")
TROUBLES = {
    "no_files": N_("This channel shows no pictures. The numbers above say the same; troly stats --png writes a file."),
    "not_installed": N_("Pictures are not set up here: whoever runs the assistant adds the extra “charts”."),
    "failed": _FAILED,
}


def chart_arrived(here: Here, event: DrawChart | ChartDrawn) -> Answered:
    """The picture as a file, beside the open page; one that nobody drew counts as failed."""
    if isinstance(event, DrawChart) or event.picture is None:
        trouble = event.trouble if isinstance(event, ChartDrawn) else None
        note = here.say(TROUBLES[trouble] if trouble else _FAILED)
        return Answered(here.session, notes=(note,), show=False)
    drawn = Attachment.of(f"thong-ke-{here.today.isoformat()}.png", "image/png", event.picture)
    return Answered(here.session, notes=(bold(event.title),), attachments=(drawn,), show=False)
