"""A channel for rehearsals: every message begins with a banner that says that nothing in it is real."""

from dataclasses import replace

from bot.channels import Capabilities, Channel
from bot.messages import OutboxRow
from handlers.core import Reply
from handlers.core.text import MarkupTranslator
from locales import N_

BANNER = N_("🧪 <b>REHEARSAL – made-up data. Nothing here counts.</b>")
#: UTF-16 code units that are kept free for the banner and the blank line behind it.
_ROOM = 120


class RehearsalChannel:
    """Passes everything on to a channel, with the banner above each text."""

    def __init__(self, channel: Channel, language: str) -> None:
        """Keep the channel; ``language`` is that of the banner."""
        self._channel = channel
        self._banner = str(MarkupTranslator(language)(BANNER))

    @property
    def name(self) -> str:
        return self._channel.name

    @property
    def capabilities(self) -> Capabilities:
        """Return the abilities of the channel, less the room that the banner takes."""
        able = self._channel.capabilities
        return replace(able, text_limit=able.text_limit - _ROOM, caption_limit=max(0, able.caption_limit - _ROOM))

    @property
    def start_link(self) -> str | None:
        return self._channel.start_link

    async def send(self, row: OutboxRow) -> str | None:
        """Send the row under the banner; a change of buttons alone, and a deletion, say nothing."""
        return await self._channel.send(replace(row, reply=self._with_banner(row.reply)))

    async def fetch(self, reference: str, limit: int) -> bytes:
        return await self._channel.fetch(reference, limit)

    def _with_banner(self, reply: Reply) -> Reply:
        silent = reply.action == "delete" or not (reply.paragraphs or reply.attachments or reply.choices)
        if silent or (reply.action == "buttons" and not reply.paragraphs):
            return reply
        return reply.model_copy(update={"paragraphs": (self._banner, *reply.paragraphs)})
