"""HTML formatting as Telegram parses it: https://core.telegram.org/bots/api#html-style."""

import re
from dataclasses import dataclass
from typing import Any

from tests.support.telegram.errors import ApiError, bad_request

KINDS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("tg-spoiler", "span"), "spoiler"),
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([A-Za-z]+));?")
START = re.compile(r"<([^\s>]*)")
TAG_END = re.compile(r"\s*>")
END = re.compile(r"</([^\s>]*)\s*>")
ATTRIBUTE = re.compile(r"""\s*([^\s=>"']+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([\w.-]*)))?""")
LINK = re.compile(r"(?:https?|tg|ftp)://\S+|mailto:\S+|(?:[\w-]+\.)+[a-z]{2,}(?:[/?#]\S*)?", re.IGNORECASE)


def utf16_length(text: str) -> int:
    """Return the length as Telegram counts it: https://core.telegram.org/api/entities#entity-length."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True)
class _Open:
    tag: str
    value: str
    offset: int
    piece: int


class _Parser:
    def __init__(self, source: str) -> None:
        self.source, self.at, self.length = source, 0, 0
        self.pieces: list[str] = []
        self.open: list[_Open] = []
        self.entities: list[dict[str, Any]] = []

    def run(self) -> tuple[str, list[dict[str, Any]]]:
        while self.at < len(self.source):
            if self.source.startswith("</", self.at):
                self._end_tag()
            elif self.source[self.at] == "<":
                self._start_tag()
            else:
                self._text()
        if self.open:
            raise _unparsable(f"Can't find end tag corresponding to start tag {self.open[-1].tag}")
        return "".join(self.pieces), sorted(self.entities, key=lambda one: (one["offset"], -one["length"]))

    def _keep(self, text: str) -> None:
        self.pieces.append(text)
        self.length += utf16_length(text)

    def _text(self) -> None:
        if found := REFERENCE.match(self.source, self.at):
            self._keep(_character(found) or found[0])
            self.at = found.end()
            return
        ends = [at for at in (self.source.find(mark, self.at + 1) for mark in "<&") if at > 0]
        end = min(ends, default=len(self.source))
        self._keep(self.source[self.at : end])
        self.at = end

    def _start_tag(self) -> None:
        found = START.match(self.source, self.at)
        assert found is not None
        tag, begin = found[1].lower(), self._byte_offset()
        if found.end() == len(self.source):
            raise _unparsable(f"Unclosed start tag at byte offset {begin}")
        if tag not in KINDS:
            raise _unparsable(f'Unsupported start tag "{tag}" at byte offset {begin}')
        self.at = found.end()
        attributes = self._attributes(tag, begin)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise _unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        value = attributes.get("href" if tag == "a" else "emoji-id", "")
        self.open.append(_Open(tag, value, self.length, len(self.pieces)))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while not (end := TAG_END.match(self.source, self.at)):
            found = ATTRIBUTE.match(self.source, self.at)
            if found is None or found.end() == len(self.source):
                raise _unparsable(f'Unclosed start tag "{tag}" at byte offset {begin}')
            values = [value for value in found.groups()[1:] if value is not None]
            if not values and (tag, found[1]) != ("blockquote", "expandable"):
                place = f'the tag "{tag}" at byte offset {begin}'
                raise _unparsable(f"Expected equal sign in declaration of an attribute of {place}")
            attributes[found[1]] = REFERENCE.sub(lambda one: _character(one) or one[0], "".join(values))
            self.at = found.end()
        self.at = end.end()
        return attributes

    def _end_tag(self) -> None:
        begin = self._byte_offset()
        if not self.open:
            raise _unparsable(f"Unexpected end tag at byte offset {begin}")
        found = END.match(self.source, self.at)
        if found is None:
            raise _unparsable(f"Unclosed end tag at byte offset {begin}")
        opened = self.open.pop()
        if found[1] and found[1].lower() != opened.tag:
            wrong = f'expected "</{opened.tag}>", found "</{found[1].lower()}>"'
            raise _unparsable(f"Unmatched end tag at byte offset {begin}, {wrong}")
        self.at = found.end()
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity: dict[str, Any] = {"type": KINDS[opened.tag], "offset": opened.offset}
        entity["length"] = self.length - opened.offset
        if opened.tag == "a":
            entity["url"] = opened.value or "".join(self.pieces[opened.piece :])
            if not LINK.fullmatch(entity["url"]):
                return
        if entity["length"]:
            self.entities.append(entity)

    def _byte_offset(self) -> int:
        return len(self.source[: self.at].encode())


def _character(found: re.Match[str]) -> str | None:
    """Return the character that a reference stands for; ``None`` leaves it as written."""
    hexadecimal, decimal, name = found.groups()
    if name:
        return NAMED.get(name)
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < 0x10FFFF and len(found[0]) <= 10 else None


def _unparsable(why: str) -> ApiError:
    return bad_request(f"can't parse entities: {why}")


def parse(source: str, mode: str | None) -> tuple[str, list[dict[str, Any]]]:
    """Parse a text; return it as plain text, trimmed, with its entities. Only HTML and plain text are supported."""
    if mode and mode.lower() != "html":
        raise bad_request("unsupported parse_mode")
    plain, entities = _Parser(source).run() if mode else (source, [])
    stripped = plain.lstrip()
    shift = utf16_length(plain) - utf16_length(stripped)
    text = stripped.rstrip()
    return text, [fitted for one in entities if (fitted := _fitted(one, shift, utf16_length(text)))]


def _fitted(entity: dict[str, Any], shift: int, length: int) -> dict[str, Any] | None:
    begin = max(entity["offset"] - shift, 0)
    end = min(entity["offset"] + entity["length"] - shift, length)
    return {**entity, "offset": begin, "length": end - begin} if begin < end else None
