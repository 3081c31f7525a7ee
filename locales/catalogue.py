"""Read a gettext ``.po`` file and write the ``.mo`` file that the program reads fastest.

Babel, which extracts and updates the sentences, weighs 34 MB and stays with those who change them. The catalogue has no
contexts and no plurals; a file with either is refused, so that no sentence is lost in silence.
"""

import ast
import re
import struct
import sys
from pathlib import Path

__all__ = ["CatalogueError", "compile_catalogue", "read_catalogue"]

_MAGIC = 0x950412DE
_HEADER = struct.Struct("<7I")
#: Without it gettext takes the sentences for ASCII.
_HEAD = "Content-Type: text/plain; charset=utf-8\n"
#: A keyword and a quoted string, or a string that goes on.
_LINE = re.compile(r'(?:(msgid|msgstr)\s+)?("(?:[^"\\]|\\.)*")')


class CatalogueError(ValueError):
    """A line of the catalogue cannot be read."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} of the catalogue cannot be read")


def read_catalogue(text: str) -> dict[str, str]:
    """Return the translation of every message id; the empty id has the header. Unsure entries (fuzzy) are left out.

    Raises:
        CatalogueError: a line is no comment, no ``msgid``, no ``msgstr`` and no string.
    """
    found: dict[str, str] = {}
    entry: dict[str, list[str]] = {}
    keyword, fuzzy = "", False
    for number, line in enumerate([*text.split("\n"), ""], 1):
        line = line.strip()  # noqa: PLW2901 - the line without its margin
        if not line or line[0] == "#":
            if keyword == "msgstr":
                _keep(entry, found, fuzzy=fuzzy)
                entry, keyword, fuzzy = {}, "", False
            fuzzy |= line.startswith("#,") and "fuzzy" in line
            continue
        match = _LINE.fullmatch(line)
        if match is None or not (match[1] or keyword):
            raise CatalogueError(number)
        if match[1] == "msgid" and keyword == "msgstr":
            _keep(entry, found, fuzzy=fuzzy)
            entry, fuzzy = {}, False
        keyword = match[1] or keyword
        entry.setdefault(keyword, []).append(ast.literal_eval(match[2]) if "\\" in match[2] else match[2][1:-1])
    return found


def _keep(entry: dict[str, list[str]], found: dict[str, str], *, fuzzy: bool) -> None:
    message, translation = ("".join(entry.get(keyword, ())) for keyword in ("msgid", "msgstr"))
    if translation and (not fuzzy or not message):
        found[message] = translation


def compile_catalogue(text: str) -> bytes:
    """Return the catalogue in the binary form of gettext, sorted by message id and without a table of hashes.

    Raises:
        CatalogueError: as ``read_catalogue``.
    """
    sentences = {"": _HEAD} | read_catalogue(text)
    pairs = sorted((one.encode(), other.encode()) for one, other in sentences.items())
    count = len(pairs)
    ids, translations = (b"".join(pair[side] + b"\0" for pair in pairs) for side in (0, 1))
    at_tables = _HEADER.size
    at_ids = at_tables + 16 * count
    at_translations = at_ids + len(ids)
    tables = _table([one for one, _ in pairs], at_ids) + _table([other for _, other in pairs], at_translations)
    header = _HEADER.pack(_MAGIC, 0, count, at_tables, at_tables + 8 * count, 0, at_ids)
    return header + tables + ids + translations


def _table(texts: list[bytes], at: int) -> bytes:
    """Return length and place of each text, which a zero byte ends."""
    table = bytearray()
    for text in texts:
        table += struct.pack("<2I", len(text), at)
        at += len(text) + 1
    return bytes(table)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).with_suffix(".mo").write_bytes(compile_catalogue(Path(name).read_text(encoding="utf-8")))
