"""Buttons of the messages that tell an admin how far a broadcast is."""

from handlers.broadcasts.taps import BroadcastTap
from handlers.page import Answered
from handlers.screen import Here


async def admin_tapped(here: Here, tap: BroadcastTap) -> Answered:  # noqa: ARG001 - what it is about follows
    """Pause, resume, cancel or show the broadcast, as far as the rights of the one who taps reach."""
    return Answered(here.session)
