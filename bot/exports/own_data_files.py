"""Write the data held about a person as files: readable text and JSON, in parts that a channel can send."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from handlers.core import Attachment, MarkupTranslator, Reply
from handlers.own_data import OwnDataWriter, format_data_ready

_FILE_STEM = "du-lieu-cua-toi"


class OwnDataFiles:
    """Collects the files of a person's data: ``add`` each section page by page, ``finish``, then take ``messages``.

    It blocks, so call it outside the event loop.
    """

    def __init__(self, folder: Path, say: MarkupTranslator, limit: int) -> None:
        """Begin the files; a part ends with the page that reaches ``limit`` bytes."""
        self._say = say
        self._text = OwnDataWriter(say)
        self._readable = _PartFiles(folder, "txt", limit)
        self._readable.write(self._text.title())
        self._json = _JsonPartFiles(_PartFiles(folder, "json", limit))

    def add(self, name: str, value: Any) -> None:
        """Add a section, or a page of one."""
        self._readable.write(self._text.section(name, value))
        self._readable.end_full_part()
        self._json.add(name, value)

    def finish(self) -> None:
        """Complete the files."""
        self._readable.write(self._text.end())
        self._readable.close()
        self._json.close()

    def messages(self) -> list[Callable[[], Reply]]:
        """Return a function for each file, which reads it and makes its message."""
        files = [*self._readable.named_files("text/plain"), *self._json.named_files("application/json")]
        said = (str(format_data_ready(self._say)),)
        return [partial(_file_message, said if at == 0 else (), *file) for at, file in enumerate(files)]


def _file_message(said: tuple[str, ...], path: Path, name: str, media_type: str) -> Reply:
    return Reply(paragraphs=said, attachments=(Attachment.of(name, media_type, path.read_bytes()),))


class _PartFiles:
    """Files of one format, each ended when it has reached its size."""

    def __init__(self, folder: Path, ending: str, limit: int) -> None:
        self._folder = folder
        self._ending = ending
        self._limit = limit
        self._paths: list[Path] = []
        self._file: IO[bytes] | None = None

    def write(self, text: str) -> None:
        """Write at the end of the current part, or at the beginning of the next."""
        if self._file is None:
            self._paths.append(self._folder / f"{len(self._paths) + 1}.{self._ending}")
            self._file = self._paths[-1].open("wb")
            text = text.lstrip("\n")
        self._file.write(text.encode())

    @property
    def is_full(self) -> bool:
        return self._file is not None and self._file.tell() >= self._limit

    def end_full_part(self) -> None:
        """End the part if it has reached its size."""
        if self.is_full:
            self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def named_files(self, media_type: str) -> Iterator[tuple[Path, str, str]]:
        """Yield each file with the name it is sent under."""
        for number, path in enumerate(self._paths, 1):
            numbered = f"-{number}" if len(self._paths) > 1 else ""
            yield path, f"{_FILE_STEM}{numbered}.{self._ending}", media_type


class _JsonPartFiles:
    """Parts that are each valid JSON: an object of sections, whose lists may continue in the next part."""

    def __init__(self, parts: _PartFiles) -> None:
        self._parts = parts
        self._name: str | None = None  #: the name of the open section
        self._list = False
        self._first = True  #: whether the open list has no entry yet
        self._empty = True  #: whether the part is empty

    def add(self, name: str, value: Any) -> None:
        if name != self._name or not isinstance(value, list):
            self._end_section()
            self._begin_section(name, listed=isinstance(value, list))
        if isinstance(value, list):
            for entry in value:
                self._write_entry(entry)
        else:
            self._parts.write(_format_json(value))

    def _begin_section(self, name: str, *, listed: bool) -> None:
        if self._parts.is_full:
            self._end_part()
        self._parts.write(("{\n" if self._empty else ",\n") + _format_json(name) + ": " + ("[" if listed else ""))
        self._name, self._list, self._first, self._empty = name, listed, True, False

    def _write_entry(self, entry: Any) -> None:
        if self._parts.is_full:
            name = self._name or ""
            self._end_section()
            self._end_part()
            self._begin_section(name, listed=True)
        self._parts.write(("\n" if self._first else ",\n") + _format_json(entry))
        self._first = False

    def _end_section(self) -> None:
        if self._name is not None and self._list:
            self._parts.write("]")
        self._name = None

    def _end_part(self) -> None:
        self._parts.write("{}\n" if self._empty else "\n}\n")
        self._parts.close()
        self._empty = True

    def close(self) -> None:
        self._end_section()
        self._end_part()

    def named_files(self, media_type: str) -> Iterator[tuple[Path, str, str]]:
        return self._parts.named_files(media_type)


def _format_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
