"""A broadcast as one person reads it."""

from datetime import date

from handlers.broadcasts.model import Draft, Values
from handlers.replies import Reply


def rendered(broadcast: str, draft: Draft, values: Values, today: date, *, first: int | None = None) -> Reply:
    """The message, of one paragraph, with its buttons, in the person's language; the document is put on by whoever sends it.

    ``today`` is the day of sending in Viet Nam: {so_ngay} is counted from it. ``first`` is how many reminders may come
    in a week, where the person never had one: the message then says so, and how to stop.
    """
    raise NotImplementedError
