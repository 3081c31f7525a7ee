"""Makes official forms between two turns, in a thread of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from bot.channels import Channel
from bot.forms import make_forms
from handlers.core import Attachment, FormsMade, MakeForms
from handlers.model import DOCX
from locales import translator

_log = structlog.get_logger(__name__)


def sends_files(channel: Channel | None, media_type: str) -> bool:
    """Return whether a chat can be sent a file of this media type; where it cannot, it is told so."""
    return channel is not None and channel.capabilities.accepts(media_type)


#: Makes the files of an order of forms.
MakeFormFiles = Callable[[MakeForms], Awaitable[tuple[Attachment, ...]]]


async def make_requested_forms(event: MakeForms, channel: Channel | None, make: MakeFormFiles | None) -> FormsMade:
    """Make the forms, or say why there are none; never raises, because what was typed is still there."""
    if not sends_files(channel, DOCX):
        return FormsMade(trouble="no_files")
    try:
        files = await make(event) if make else ()
    except Exception as error:  # noqa: BLE001 - the person can ask once more; a failed turn would lose the order
        _log.error("forms_not_made", error=type(error).__name__)
        files = ()
    return FormsMade(files=files, said=event.said) if files else FormsMade(trouble="failed")


class FormMaker:
    """Makes the forms of one order at a time: converting them to PDF takes a second and much memory."""

    def __init__(self, templates: Path) -> None:
        """``templates``: the folder of the office's own forms, which need not exist."""
        self._templates = templates
        self._turn = asyncio.Semaphore(1)

    async def make(self, event: MakeForms) -> tuple[Attachment, ...]:
        """Make the files. Forms are in Vietnamese, whatever is spoken in the chat.

        Raises:
            FormError: they cannot be made.
        """
        async with self._turn:
            files = await asyncio.to_thread(
                make_forms,
                event.contents,
                event.next_steps,
                templates=self._templates,
                t=translator("vi"),
                pdf=True,
            )
        return tuple(Attachment.of(file.name, file.media_type, file.content) for file in files)
