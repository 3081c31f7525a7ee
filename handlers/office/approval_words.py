"""What those are told who may approve what somebody else wrote."""

from collections.abc import Mapping

from handlers.broadcasts.model import Broadcast
from handlers.broadcasts.progress_words import opening
from handlers.office.export_words import number
from handlers.office.journal_words import doer
from handlers.replies import Reply
from handlers.voice import Voice, lines
from locales import N_


def asked(say: Voice, broadcast: Broadcast, recipients: int, labels: Mapping[str, str]) -> Reply:
    """What it is, whom it would reach, who wrote it, and how to get there."""
    head = say(
        N_("<b>{code}</b> {title} waits for the approval of a second person."),
        code=broadcast.id,
        title=broadcast.draft.title,
    )
    about = lines(
        say(N_("Recipients: {count}"), count=number(say, recipients)),
        say(N_("Written by: {author}"), author=doer(say.t, broadcast.author, labels)),
    )
    how = say(N_("You may approve it: send <b>/thongbao {code}</b>, read it, and tap “Approve”."), code=broadcast.id)
    return Reply(paragraphs=(str(head), str(about), str(how)), choices=(opening(say, broadcast.id),))
