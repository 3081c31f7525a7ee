"""A channel that cannot send files tells a link to each of them instead: the one place where that happens."""

from dataclasses import replace

from markupsafe import Markup

from bot.channels import Capabilities, Channel, Unreachable
from bot.messages import OutboxRow, Receipt
from bot.services.links import FileLinks
from bot.store import StoreError
from handlers.core import Attachment, MarkupTranslator, Reply, format_size
from locales import N_

_FETCH = N_("Fetch it here: {address}")
_ONCE = N_("<i>The link works once, within 30 minutes. After that, ask for the file again.</i>")


class LinkingChannel:
    """Passes everything on to a channel, each file that it does not send as a link."""

    def __init__(self, channel: Channel, links: FileLinks) -> None:
        self._channel = channel
        self._links = links

    @property
    def name(self) -> str:
        return self._channel.name

    @property
    def capabilities(self) -> Capabilities:
        """Return the abilities of the channel, and that every file arrives."""
        return replace(self._channel.capabilities, files_linked=True)

    @property
    def start_link(self) -> str | None:
        return self._channel.start_link

    async def send(self, row: OutboxRow) -> Receipt | str | None:
        """Send the row; each try makes links of its own, and those of the last one count.

        Raises:
            Unreachable: no link could be kept, so nothing has left.
            ChannelError: as the channel does.
        """
        try:
            reply = await self._with_links(row)
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None
        return await self._channel.send(replace(row, reply=reply))

    async def fetch(self, reference: str, limit: int) -> bytes:
        return await self._channel.fetch(reference, limit)

    async def _with_links(self, row: OutboxRow) -> Reply:
        able, reply = self._channel.capabilities, row.reply
        linked = [file for file in reply.attachments if not able.carries(file.media_type, len(file.content))]
        if not linked:
            return reply
        voice = MarkupTranslator(await self._links.language_of(row.chat))
        told = [await self._tell(voice, row, number, file) for number, file in enumerate(linked)]
        sent = tuple(file for file in reply.attachments if file not in linked)
        return reply.model_copy(update={"paragraphs": (*reply.paragraphs, *told), "attachments": sent})

    async def _tell(self, voice: MarkupTranslator, row: OutboxRow, number: int, file: Attachment) -> str:
        address = await self._links.link(row.chat, f"{row.origin}:{number}", file)
        size = format_size(voice, len(file.content))
        lines = (Markup("📄 <b>{}</b> ({})").format(file.name, size), voice(_FETCH, address=address), voice(_ONCE))
        return "\n".join(str(line) for line in lines)
