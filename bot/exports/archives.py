"""An archive of official lists as files that a channel takes: list by list, none is cut."""

import mimetypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from bot.exports.lines import Made

_OFFICE = "application/vnd.openxmlformats-officedocument"
_MEDIA_TYPES = {
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".jsonl": "application/jsonl",
}
_INDEX = "index.txt"
#: Bytes of an archive that an entry takes beside its own, twice its name included.
_BESIDE = 512


def media_type(name: str) -> str:
    """By the ending of a file's name."""
    return _MEDIA_TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def split_lists(archive: Path, limit: int) -> list[Made]:
    """Files beside the archive, and instead of it where it holds a single list or is too large."""
    with ZipFile(archive) as whole:
        lists = [entry for entry in whole.infolist() if entry.filename != _INDEX]
        if len(lists) == 1:
            return [_single(whole, lists[0], archive.with_name("list.docx"))]
        if archive.stat().st_size <= limit:
            return [_made(archive, 1, len(lists))]
        made, first = [], 1
        for number, group in enumerate(_groups(lists, limit - whole.getinfo(_INDEX).file_size), 1):
            path = archive.with_name(f"lists-{number}.zip")
            _write(whole, group, path)
            made.append(_made(path, first, first + len(group) - 1))
            first += len(group)
        return made


def _single(whole: ZipFile, entry: ZipInfo, path: Path) -> Made:
    path.write_bytes(whole.read(entry))
    return _made(path, 1, 1)


def _made(path: Path, first: int, last: int) -> Made:
    return Made(name=path.name, media_type=media_type(path.name), holds="lists", first=first, last=last)


def _groups(entries: Sequence[ZipInfo], room: int) -> Iterator[list[ZipInfo]]:
    """As many as fit, at least one."""
    group: list[ZipInfo] = []
    size = 0
    for entry in entries:
        larger = entry.file_size + _BESIDE
        if group and size + larger > room:
            yield group
            group, size = [], 0
        group.append(entry)
        size += larger
    yield group


def _write(whole: ZipFile, group: Sequence[ZipInfo], path: Path) -> None:
    """Each with the index of all."""
    with ZipFile(path, "w", ZIP_STORED) as part:
        for name in (_INDEX, *(entry.filename for entry in group)):
            part.writestr(name, whole.read(name))
