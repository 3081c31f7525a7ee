"""What owners are told of that could not be handled and was set aside."""

from handlers.replies import Reply
from handlers.voice import Voice
from locales import N_

_REST = N_("Everything else goes on. More cases of today are in the log only. Please tell whoever runs the assistant.")


def update_aside(say: Voice, row: int | str) -> Reply:
    """Somebody's message stopped the assistant, or every turn with it failed."""
    what = N_("⚠ A message from somebody could not be handled in several tries and was set aside (inbox {row}).")
    return _told(say, what, row)


def message_aside(say: Voice, row: int | str) -> Reply:
    """A message to somebody could not be read or sent."""
    what = N_("⚠ A message to somebody could not be sent in several tries and was set aside (outbox {row}).")
    return _told(say, what, row)


def task_aside(say: Voice, row: int | str) -> Reply:
    """A file that somebody ordered could not be made."""
    what = N_("⚠ A file that somebody ordered could not be made in several tries and was set aside ({row}).")
    return _told(say, what, row)


def _told(say: Voice, what: str, row: int | str) -> Reply:
    return Reply(paragraphs=(str(say(what, row=row)), str(say(_REST))))
