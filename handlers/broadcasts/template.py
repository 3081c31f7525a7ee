"""The template language of broadcast texts: placeholders and a little markup, everything else is literal.

- ``{ho_ten}`` is filled for each recipient; ``{ho_ten|anh/chị}`` gives words for recipients without a value;
- ``{{`` and ``}}`` are braces;
- ``*bold*`` and ``_italic_`` work within a line and at word borders only: ``ten_tep_1.pdf`` and ``5 * 3`` stay;
- `` `code` `` and ``[words](https://...)``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from html import escape
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from handlers.model import BroadcastProblem, BroadcastText, PlaceholderValues, ProblemKind
from locales import LANGUAGES
from rules.language.spelling import fold

if TYPE_CHECKING:  # loaded with the first broadcast that is written
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline.state_inline import StateInline
    from markdown_it.token import Token


class Placeholder(StrEnum):
    """A placeholder, by the Vietnamese name that is shown; either language's names work in both texts."""

    NAME = "ho_ten"
    UNIT = "don_vi"
    DEADLINE = "han"
    #: Filled with a phrase ("còn 7 ngày", "hôm nay", "đã quá 2 ngày") rather than a number, so that the sentence is
    #: right on and after the last day too.
    DAYS = "so_ngay"
    TO_DO = "viec_can_lam"


#: Every name that is understood; accents, case and spaces instead of underscores do not matter.
PLACEHOLDER_NAMES = {
    **{placeholder.value: placeholder for placeholder in Placeholder},
    "name": Placeholder.NAME,
    "unit": Placeholder.UNIT,
    "deadline": Placeholder.DEADLINE,
    "days": Placeholder.DAYS,
    "to_do": Placeholder.TO_DO,
}
#: Similarity, in percent, from which a known name is suggested for a mistyped one.
_MIN_NAME_SIMILARITY = 55.0
_DAYS_LEFT = r"(?P<slot>\{\s*(?:s[oố][ _]ng[aà]y|days)\s*(?:\|[^{}]*)?\})"
#: Words beside ``{so_ngay}`` that it brings itself: "còn" and "đã quá" before it, "ngày" and "days left" behind it.
_REPEATED_WORDS = (
    re.compile(rf"\b(?:còn(?: lại)?|con(?: lai)?|(?:đã )?quá|da qua)[\s*_]+{_DAYS_LEFT}", re.IGNORECASE),
    re.compile(rf"{_DAYS_LEFT}[\s*_]*(?:ngày|ngay|days?|left)\b", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder in a text, with the HTML to use where the recipient has no value for it."""

    name: Placeholder
    words: str | None = None


def parse_placeholder(written: str) -> Placeholder | None:
    """Return the placeholder that a typed name stands for, or ``None``."""
    return PLACEHOLDER_NAMES.get(fold(written).replace(" ", "_"))


def to_unknown_placeholder(written: str) -> BroadcastProblem:
    """Report an unknown name together with the most similar known one: ``{ho_tn} → {ho_ten}``."""
    folded = fold(written).replace(" ", "_")
    near = process.extractOne(folded, tuple(PLACEHOLDER_NAMES), scorer=fuzz.ratio, score_cutoff=_MIN_NAME_SIMILARITY)
    meant = f" → {{{near[0]}}}" if near else ""
    return BroadcastProblem(trouble=ProblemKind.PLACEHOLDER, about=f"{{{written[:40]}}}{meant}")


def find_repeated_words(text: str) -> tuple[BroadcastProblem, ...]:
    """Report every ``còn {so_ngay}`` and ``{so_ngay} ngày``: the placeholder is filled with "còn 7 ngày"."""
    found = (one for pattern in _REPEATED_WORDS for one in pattern.finditer(text))
    return tuple(BroadcastProblem(trouble=ProblemKind.PLACEHOLDER, about=f"{one[0]} → {one['slot']}") for one in found)


def known_placeholders(values: PlaceholderValues) -> frozenset[Placeholder]:
    """Return the placeholders for which there is a value."""
    there = {
        Placeholder.NAME: values.name,
        Placeholder.UNIT: values.unit,
        Placeholder.DEADLINE: values.day,
        Placeholder.DAYS: values.day,
        Placeholder.TO_DO: values.to_do,
    }
    return frozenset(name for name, value in there.items() if value)


#: A plain address without a user name before the host, so that it leads where it seems to lead.
_ADDRESS = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?(?:[/?#][^\s\"<>{}\\]*)?", re.IGNORECASE)
_TAGS = {"*": "b", "_": "i"}
#: Characters after which a mark cannot close, and before which it cannot open.
_OPENING_MARKS, _CLOSING_MARKS = "([{“‘«", ")]}”’».,;:!?…"
_EXCERPT_LENGTH = 40
_Take = Callable[["StateInline", re.Match[str]], None]


@dataclass(frozen=True, slots=True)
class ParsedMarkup:
    """A parsed text: runs of HTML, placeholders, and problems."""

    parts: tuple[str | Slot, ...]
    problems: tuple[BroadcastProblem, ...]


def parse_markup(text: str) -> ParsedMarkup:
    """Parse a text line by line: no mark continues on the next line.

    If there are no problems, the HTML tags are balanced.
    """
    found: list[str | Slot] = []
    problems: list[BroadcastProblem] = []
    for line in text.split("\n"):
        (inline,) = _markdown().parseInline(line, {"find_problems": problems})
        found += ("\n", *map(_part, inline.children or ()))
    return ParsedMarkup(tuple(_join_html(found[1:])), tuple(problems))


@cache
def _markdown(*, code: bool = False) -> "MarkdownIt":
    """Build the parser; with ``code`` only placeholders are interpreted."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - as above

    markdown = MarkdownIt("zero").disable("normalize")
    markdown.inline.add_terminator_char("h")
    for pattern, take in _RULES[:1] if code else _RULES:
        markdown.inline.ruler.push(take.__name__, partial(_rule, pattern, take))
    markdown.inline.ruler2.enable("emphasis")
    markdown.inline.ruler2.after("balance_pairs", "unclosed", _report_unclosed)
    return markdown


def _rule(pattern: re.Pattern[str], take: _Take, state: "StateInline", _silent: bool) -> bool:
    if match := pattern.match(state.src, state.pos, state.posMax):
        take(state, match)
        state.pos = match.end()
    return match is not None


def _brace(state: "StateInline", match: re.Match[str]) -> None:
    if match["stray"]:
        _wrong(state, state.src[state.pos :])
    elif match["slot"] is None:
        state.append_pending(match[0][0])
    else:
        _slot(state, match["slot"])


def _slot(state: "StateInline", source: str) -> None:
    written, bar, words = source.partition("|")
    if name := parse_placeholder(written):
        state.push("slot", "", 0).meta["slot"] = Slot(name, escape(words, quote=False) if bar else None)
    else:
        state.env["find_problems"].append(to_unknown_placeholder(written))


def _link(state: "StateInline", match: re.Match[str]) -> None:
    if _ADDRESS.fullmatch(match["address"]):
        _within(state, match, f'a href="{escape(match["address"])}"', _markdown())
    else:
        _wrong(state, match[0], 2 * _EXCERPT_LENGTH)


def _plain_address(state: "StateInline", match: re.Match[str]) -> None:
    state.append_pending(match[0])


def _code(state: "StateInline", match: re.Match[str]) -> None:
    if match["inner"]:
        _within(state, match, "code", _markdown(code=True))
    else:
        _wrong(state, state.src[state.pos : state.posMax])


def _within(state: "StateInline", match: re.Match[str], tag: str, markdown: "MarkdownIt") -> None:
    end = state.posMax
    state.push("open", tag, 1)
    state.pos, state.posMax = match.span("inner")
    markdown.inline.tokenize(state)
    state.push("close", tag.partition(" ")[0], -1)
    state.posMax = end


def _mark(state: "StateInline", match: re.Match[str]) -> None:
    """Read a mark at the border of a word; markdown-it-py then pairs opening with closing ones."""
    run, start, end = match[0], match.start(), match.end()
    before, after = state.src[max(0, start - 1) : start], state.src[end : end + 1]
    opens = not before.isalnum() and not (after.isspace() or after in _CLOSING_MARKS)
    closes = not after.isalnum() and not (before.isspace() or before in _OPENING_MARKS)
    here = state.src[start : min(start + _EXCERPT_LENGTH, state.posMax)]
    if len(run) > 1 and opens:
        _wrong(state, here)
    elif len(run) > 1 or not (opens or closes):
        state.append_pending(run)
    else:
        from markdown_it.rules_inline.state_inline import Delimiter  # noqa: PLC0415 - as above

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


def _report_unclosed(state: "StateInline") -> None:
    """Report marks that are not closed before the next one of their kind opens."""
    for delimiters in (state.delimiters, *(meta["delimiters"] for meta in state.tokens_meta if meta)):
        for mark in map(ord, _TAGS):
            opening = [one for one in delimiters if one.open and one.marker == mark]
            for one, following in zip_longest(opening, opening[1:]):
                if one.end < 0 or (following and following.token < delimiters[one.end].token):
                    _wrong(state, state.tokens[(following or one).token].meta["here"])


def _wrong(state: "StateInline", source: str, most: int = _EXCERPT_LENGTH) -> None:
    state.env["find_problems"].append(BroadcastProblem(trouble=ProblemKind.MARKUP, about=source[:most]))


def _part(token: "Token") -> str | Slot:
    if token.type == "slot":
        slot: Slot = token.meta["slot"]
        return slot
    if token.nesting == 0:
        return escape(token.content, quote=False)
    return f"<{'/' if token.nesting < 0 else ''}{_TAGS.get(token.markup, token.tag)}>"


def _join_html(found: Iterable[str | Slot]) -> Iterator[str | Slot]:
    for is_html, run in groupby(found, lambda part: isinstance(part, str)):
        if is_html:
            yield "".join(part for part in run if isinstance(part, str))
        else:
            yield from run


__all__ = [
    "Placeholder", "Template", "find_problems", "known_placeholders", "missing_placeholders", "parse",
    "placeholders_of", "required_placeholders",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text without problems: HTML with balanced tags, and placeholders to fill."""

    parts: tuple[str | Slot, ...]

    def fill(self, values: Mapping[Placeholder, str]) -> str:
        """Fill the placeholders and return HTML.

        Args:
            values: HTML without tags; a missing or empty value is replaced by the placeholder's own words.
        """
        return "".join(
            part if isinstance(part, str) else values.get(part.name) or part.words or "" for part in self.parts
        )


def parse(text: str) -> Template | tuple[BroadcastProblem, ...]:
    """Parse a text; return the template, or its problems. Never raises."""
    marked = _parse_text(text)
    found = (*marked.problems, *find_repeated_words(text))
    if not text.strip():
        return (BroadcastProblem(trouble=ProblemKind.EMPTY),)
    return found or Template(marked.parts)


def find_problems(text: BroadcastText) -> tuple[BroadcastProblem, ...]:
    """Return the problems of a text in both languages; the Vietnamese one may stand alone, the English one may not."""
    written = [language for language in LANGUAGES if language == LANGUAGES[0] or getattr(text, language).strip()]
    return tuple(
        problem for language in written for problem in _problems_of_language(getattr(text, language), language)
    )


def text_for(text: BroadcastText, language: str) -> str:
    """Return the text that a person of a language reads: the Vietnamese one where theirs was not written."""
    own: str = getattr(text, language)
    return own if own.strip() else text.vi


def placeholders_of(text: str) -> frozenset[Placeholder]:
    """Return the placeholders that a text uses."""
    return frozenset(part.name for part in _parse_text(text).parts if isinstance(part, Slot))


def missing_placeholders(template: Template, values: PlaceholderValues) -> tuple[Placeholder, ...]:
    """Return the placeholders that have neither a value for this person nor words of their own."""
    there = known_placeholders(values)
    return tuple(name for name in required_placeholders(template) if name not in there)


def required_placeholders(template: Template) -> tuple[Placeholder, ...]:
    """Return the placeholders that have no words of their own, in order."""
    wanted = (part.name for part in template.parts if isinstance(part, Slot) and part.words is None)
    return tuple(dict.fromkeys(wanted))


def _parse_text(text: str) -> "ParsedMarkup":

    return parse_markup(text.replace("\r\n", "\n").strip())


def _problems_of_language(text: str, language: str) -> tuple[BroadcastProblem, ...]:
    parsed = parse(text)
    if isinstance(parsed, Template):
        return ()
    return tuple(one.model_copy(update={"about": one.about or language}) for one in parsed)
