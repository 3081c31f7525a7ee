"""The markup of a broadcast's text, read by markdown-it-py with these rules alone into HTML with balanced tags.

CommonMark itself would put ``2*3*4`` in italics and leave a mark that is never closed in the message.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from html import escape
from itertools import groupby, zip_longest

from markdown_it import MarkdownIt
from markdown_it.rules_inline.state_inline import Delimiter, StateInline
from markdown_it.token import Token

from handlers.broadcasts.model import Problem, Trouble
from handlers.broadcasts.placeholders import Slot, named, unknown

#: A plain address, without a user before the host: what it looks like is where it leads.
_ADDRESS = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?(?:[/?#][^\s\"<>{}\\]*)?", re.IGNORECASE)
_TAGS = {"*": "b", "_": "i"}
#: After these nothing ends, before those nothing begins.
_OPENING, _CLOSING = "([{“‘«", ")]}”’».,;:!?…"
_PIECE = 40
_Take = Callable[[StateInline, re.Match[str]], None]


@dataclass(frozen=True, slots=True)
class Marked:
    """A text that was read: runs of HTML, slots, and what is wrong with it."""

    parts: tuple[str | Slot, ...]
    problems: tuple[Problem, ...]


def read(text: str) -> Marked:
    """Read all of it, line by line: no mark goes on behind its line. Without problems its tags are balanced."""
    found: list[str | Slot] = []
    problems: list[Problem] = []
    for line in text.split("\n"):
        (inline,) = _markdown().parseInline(line, {"problems": problems})
        found += ("\n", *map(_part, inline.children or ()))
    return Marked(tuple(_joined(found[1:])), tuple(problems))


@cache
def _markdown(*, code: bool = False) -> MarkdownIt:
    """The parser; in ``code`` only what is to be filled is not what it looks like."""
    markdown = MarkdownIt("zero").disable("normalize")
    markdown.inline.add_terminator_char("h")
    for pattern, take in _RULES[:1] if code else _RULES:
        markdown.inline.ruler.push(take.__name__, partial(_rule, pattern, take))
    markdown.inline.ruler2.enable("emphasis")
    markdown.inline.ruler2.after("balance_pairs", "unclosed", _unclosed)
    return markdown


def _rule(pattern: re.Pattern[str], take: _Take, state: StateInline, _silent: bool) -> bool:
    if match := pattern.match(state.src, state.pos, state.posMax):
        take(state, match)
        state.pos = match.end()
    return match is not None


def _brace(state: StateInline, match: re.Match[str]) -> None:
    if match["stray"]:
        _wrong(state, state.src[state.pos :])
    elif match["slot"] is None:
        state.append_pending(match[0][0])
    else:
        _slot(state, match["slot"])


def _slot(state: StateInline, source: str) -> None:
    written, bar, words = source.partition("|")
    if name := named(written):
        state.push("slot", "", 0).meta["slot"] = Slot(name, escape(words, quote=False) if bar else None)
    else:
        state.env["problems"].append(unknown(written))


def _link(state: StateInline, match: re.Match[str]) -> None:
    if _ADDRESS.fullmatch(match["address"]):
        _within(state, match, f'a href="{escape(match["address"])}"', _markdown())
    else:
        _wrong(state, match[0], 2 * _PIECE)


def _plain_address(state: StateInline, match: re.Match[str]) -> None:
    state.append_pending(match[0])


def _code(state: StateInline, match: re.Match[str]) -> None:
    if match["inner"]:
        _within(state, match, "code", _markdown(code=True))
    else:
        _wrong(state, state.src[state.pos : state.posMax])


def _within(state: StateInline, match: re.Match[str], tag: str, markdown: MarkdownIt) -> None:
    end = state.posMax
    state.push("open", tag, 1)
    state.pos, state.posMax = match.span("inner")
    markdown.inline.tokenize(state)
    state.push("close", tag.partition(" ")[0], -1)
    state.posMax = end


def _mark(state: StateInline, match: re.Match[str]) -> None:
    """A mark stands at the border of a word; markdown-it-py pairs those that open with those that close."""
    run, start, end = match[0], match.start(), match.end()
    before, after = state.src[max(0, start - 1) : start], state.src[end : end + 1]
    opens = not before.isalnum() and not (after.isspace() or after in _CLOSING)
    closes = not after.isalnum() and not (before.isspace() or before in _OPENING)
    here = state.src[start : min(start + _PIECE, state.posMax)]
    if len(run) > 1 and opens:
        _wrong(state, here)
    elif len(run) > 1 or not (opens or closes):
        state.append_pending(run)
    else:
        token = state.push("text", "", 0)
        token.content, token.meta["here"] = run, here
        state.delimiters.append(Delimiter(ord(run), 0, len(state.tokens) - 1, -1, opens, closes))


_RULES: tuple[tuple[re.Pattern[str], _Take], ...] = (
    (re.compile(r"\{\{|\}\}|\{(?P<slot>[^{}]*)\}|(?P<stray>[{}])"), _brace),
    (re.compile(r"\[(?P<inner>[^\[\]]+)\]\((?P<address>(?:[^()]|\([^()]*\))*)\)"), _link),
    (re.compile(r"https?://[^\s{}*`\[\]]*[^\s{}*`\[\]_.,;:!?)]"), _plain_address),
    (re.compile(r"`(?P<inner>[^`]+)`|`"), _code),
    (re.compile(r"\*+|_+"), _mark),
)


def _unclosed(state: StateInline) -> None:
    """A mark is closed before the next of its kind opens."""
    for delimiters in (state.delimiters, *(meta["delimiters"] for meta in state.tokens_meta if meta)):
        for mark in map(ord, _TAGS):
            opening = [one for one in delimiters if one.open and one.marker == mark]
            for one, following in zip_longest(opening, opening[1:]):
                if one.end < 0 or (following and following.token < delimiters[one.end].token):
                    _wrong(state, state.tokens[(following or one).token].meta["here"])


def _wrong(state: StateInline, source: str, most: int = _PIECE) -> None:
    state.env["problems"].append(Problem(trouble=Trouble.MARKUP, about=source[:most]))


def _part(token: Token) -> str | Slot:
    if token.type == "slot":
        slot: Slot = token.meta["slot"]
        return slot
    if token.nesting == 0:
        return escape(token.content, quote=False)
    return f"<{'/' if token.nesting < 0 else ''}{_TAGS.get(token.markup, token.tag)}>"


def _joined(found: Iterable[str | Slot]) -> Iterator[str | Slot]:
    for is_html, run in groupby(found, lambda part: isinstance(part, str)):
        if is_html:
            yield "".join(part for part in run if isinstance(part, str))
        else:
            yield from run
