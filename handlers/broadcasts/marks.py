"""The markup of a broadcast's text, read into HTML with balanced tags."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from handlers.broadcasts.model import Problem, Trouble
from handlers.broadcasts.placeholders import Slot, named, unknown

_TOKEN = re.compile(
    r"(?P<brace>\{\{|\}\})"
    r"|(?P<slot>\{[^{}\n]*\})"
    r"|(?P<link>\[[^\[\]\n]+\]\((?:[^()\n]|\([^()\n]*\))*\))"
    r"|(?P<address>https?://[^\s{}*`\[\]]*[^\s{}*`\[\]_.,;:!?)])"
    r"|(?P<code>`[^`\n]+`)"
    r"|(?P<mark>\*+|_+)"
    r"|(?P<stray>[{}`])"
    r"|(?P<line>\n)"
    r"|(?P<text>[^{}\[*_`\nh]+|.)",
    re.DOTALL,
)
#: Inside ``code`` only what is to be filled is not what it looks like.
_IN_CODE = re.compile(r"(?P<brace>\{\{|\}\})|(?P<slot>\{[^{}\n]*\})|(?P<stray>[{}])|(?P<text>[^{}]+)")
#: A plain address, without a user before the host: what it looks like is where it leads.
_ADDRESS = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?(?:[/?#][^\s\"<>{}\\]*)?", re.IGNORECASE)
_TAGS = {"*": "b", "_": "i"}
#: After these nothing ends, before those nothing begins.
_OPENING, _CLOSING = "([{“‘«", ")]}”’».,;:!?…"
_PIECE = 40


@dataclass(slots=True)
class Marked:
    """A text that was read: HTML and slots, and what is wrong with it."""

    text: str
    found: list[str | Slot] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    open: dict[str, int] = field(default_factory=dict)  #: mark -> where it stands; the innermost is the last

    @property
    def parts(self) -> tuple[str | Slot, ...]:
        """Runs of HTML, and slots."""
        return tuple(_joined(self.found))

    def take(self, match: re.Match[str]) -> None:
        """Read one token."""
        source = match.group()
        match match.lastgroup:
            case "brace":
                self.found.append(source[0])
            case "slot":
                self._slot(source[1:-1])
            case "link":
                self._link(source)
            case "code":
                self._within("code", read(source[1:-1], _IN_CODE))
            case "mark":
                self._mark(source, match.start(), match.end())
            case "stray":
                self.wrong(match.start())
            case _:
                self._plain(source)

    def close_line(self) -> None:
        """No mark goes on behind its line."""
        for start in self.open.values():
            self.wrong(start)
        self.open.clear()

    def wrong(self, start: int) -> None:
        """Name what stands there."""
        piece = self.text[start : start + _PIECE].partition("\n")[0]
        self.problems.append(Problem(trouble=Trouble.MARKUP, about=piece))

    def _plain(self, source: str) -> None:
        if source == "\n":
            self.close_line()
        self.found.append(escape(source, quote=False))

    def _slot(self, source: str) -> None:
        written, bar, words = source.partition("|")
        name = named(written)
        if name is None:
            self.problems.append(unknown(written))
        else:
            self.found.append(Slot(name, escape(words, quote=False) if bar else None))

    def _link(self, source: str) -> None:
        words, _, address = source[1:-1].partition("](")
        if _ADDRESS.fullmatch(address):
            self._within(f'a href="{escape(address)}"', read(words))
        else:
            self.problems.append(Problem(trouble=Trouble.MARKUP, about=source[: 2 * _PIECE]))

    def _within(self, tag: str, inner: "Marked") -> None:
        self.found += (f"<{tag}>", *inner.found, f"</{tag.partition(' ')[0]}>")
        self.problems += inner.problems

    def _mark(self, run: str, start: int, end: int) -> None:
        before, after = self.text[start - 1 : start], self.text[end : end + 1]
        opens = not before.isalnum() and not (after.isspace() or after in _CLOSING)
        closes = not after.isalnum() and not (before.isspace() or before in _OPENING)
        if len(run) == 1 and closes and run in self.open:
            self._close(run)
        elif opens and (len(run) > 1 or run in self.open):
            self.wrong(start)
        elif opens:
            self.open[run] = start
            self.found.append(f"<{_TAGS[run]}>")
        else:
            self.found.append(run)

    def _close(self, mark: str) -> None:
        """What was opened inside it and still is, is not closed."""
        while (inner := next(reversed(self.open))) != mark:
            self.wrong(self.open.pop(inner))
        del self.open[mark]
        self.found.append(f"</{_TAGS[mark]}>")


def read(text: str, tokens: re.Pattern[str] = _TOKEN) -> Marked:
    """Read all of it; without problems its tags are balanced."""
    marked = Marked(text)
    for match in tokens.finditer(text):
        marked.take(match)
    marked.close_line()
    return marked


def _joined(found: Iterable[str | Slot]) -> Iterable[str | Slot]:
    for is_html, run in groupby(found, lambda part: isinstance(part, str)):
        if is_html:
            yield "".join(part for part in run if isinstance(part, str))
        else:
            yield from run
