"""Makes documents between two turns, in a thread of their own: official forms, and the answer for print."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path

import structlog

from bot.channels import Channel
from handlers.core import AnswerPrinted, Attachment, FormsMade, ListMade, MakeForms, PrintAnswer
from handlers.model import DOCX, PDF, XLSX
from locales import translator

_log = structlog.get_logger(__name__)


def sends_files(channel: Channel | None, media_type: str) -> bool:
    """Return whether a chat can be sent a file of this media type; where it cannot, it is told so."""
    return channel is not None and channel.capabilities.accepts(media_type)


async def print_requested_answer(
    event: PrintAnswer, channel: Channel | None, templates: Path | None = None
) -> AnswerPrinted:
    """Make the document, or say why there is none; never raises, because the answer itself was sent."""
    if not sends_files(channel, DOCX):
        return AnswerPrinted(name=event.name, trouble="no_files")
    try:
        stem, pdf = event.name.removesuffix(".docx"), sends_files(channel, PDF)
        await asyncio.to_thread(import_module, "bot.forms")
        from bot.forms import make_page  # noqa: PLC0415 - heavy: loaded where a paper is made

        page, *beside = await asyncio.to_thread(make_page, stem, event.parts, templates=templates, pdf=pdf)
        return AnswerPrinted.of(event.name, page.content, beside[0].content if beside else None)
    except Exception as error:  # noqa: BLE001 - the answer was sent; the document is not worth a failed turn
        _log.error("answer_not_printed", error=type(error).__name__)
        return AnswerPrinted(name=event.name, trouble="failed")


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


async def make_requested_list(channel: Channel | None) -> ListMade:
    """Make the empty list of certificates, or say why there is none; never raises, because nothing is lost."""
    if not sends_files(channel, XLSX):
        return ListMade(trouble="no_files")
    try:
        await asyncio.to_thread(import_module, "bot.dossier.overview")
        from bot.dossier.overview import write_list_template  # noqa: PLC0415 - as above

        return ListMade.of(await asyncio.to_thread(write_list_template))
    except Exception as error:  # noqa: BLE001 - the person can ask once more
        _log.error("list_not_made", error=type(error).__name__)
        return ListMade(trouble="failed")


class FormMaker:
    """Makes the forms of one order at a time: converting them to PDF takes a second and much memory."""

    def __init__(self, templates: Path) -> None:
        """``templates`` is the folder of the office's own forms, which need not exist."""
        self._templates = templates
        self._turn = asyncio.Semaphore(1)

    async def make(self, event: MakeForms) -> tuple[Attachment, ...]:
        """Make the files. Forms are in Vietnamese, whatever is spoken in the chat.

        Raises:
            FormError: they cannot be made.
        """
        await asyncio.to_thread(import_module, "bot.forms")
        from bot.forms import make_forms  # noqa: PLC0415 - as above

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
