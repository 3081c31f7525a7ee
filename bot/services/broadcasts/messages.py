"""A broadcast as one of its recipients gets it."""

from datetime import date

from bot.store.broadcasts.messages import BroadcastMessage
from handlers.broadcasts.rendering import render_broadcast
from handlers.core.replies import Reply
from handlers.model.broadcast import PlaceholderValues


def render_message(message: BroadcastMessage, values: PlaceholderValues, today: date, first: bool) -> Reply:
    """Write a message out for one person, with its file.

    Args:
        message: the text and the file.
        values: what fills its placeholders.
        today: the day in Viet Nam on which it is read.
        first: whether the person never had a reminder before; it says then how to stop them.
    """
    a_week = message.a_week if first else None
    reply = render_broadcast(message.broadcast, message.draft, values, today, first=a_week)
    return reply.model_copy(update={"attachments": message.documents}) if message.documents else reply
