"""Broadcasts as people with a role see and move them."""

from dataclasses import dataclass

from bot.services.broadcasts.actions import BroadcastActions
from bot.services.broadcasts.drafts import BroadcastDrafts
from bot.services.broadcasts.preview import BroadcastPreview
from bot.services.broadcasts.results import BroadcastResults


@dataclass(frozen=True, slots=True)
class BroadcastService(BroadcastDrafts, BroadcastPreview, BroadcastActions, BroadcastResults):
    """Implements ``handlers.core.broadcast_ports.Broadcasts`` within a transaction; each part has a file of its own."""
