"""The files of an export as messages."""

from functools import partial
from pathlib import Path

from bot.exports.lines import Finished, Made
from bot.store.task_api import Result
from handlers.folding import fold
from handlers.office import export_words
from handlers.office.export_words import Part
from handlers.office.exporting import ExportOrder
from handlers.replies import Attachment, Reply
from handlers.voice import Voice, plain
from locales import N_


def result_of(order: ExportOrder, finished: Finished, folder: Path, task: str) -> Result:
    """One message a file; several are named by an index that comes first."""
    voice = Voice(order.language)
    parts = [Part(made.name, made.first, made.last, lists=made.holds == "lists") for made in finished.files]
    files = [partial(_file, folder, made) for made in finished.files]
    return Result(
        messages=[*([partial(_index, voice, parts)] if len(parts) > 1 else []), *files],
        said=export_words.finished(voice, finished.count, finished.remarks, parts),
        grants=finished.grants,
        subject=f"{task} {order.form}",
        unit=finished.unit,
        count=finished.count,
    )


def _file(folder: Path, made: Made) -> Reply:
    content = (folder / made.name).read_bytes()
    return Reply(paragraphs=(), attachments=(Attachment.of(made.name, made.media_type, content),))


def _index(voice: Voice, parts: list[Part]) -> Reply:
    text = "\n".join(plain(line) for line in export_words.index(voice, parts)) + "\n"
    name = fold(voice.t(N_("index of files"))).replace(" ", "-")
    return Reply(paragraphs=(), attachments=(Attachment.of(f"{name}.txt", "text/plain", text.encode()),))
