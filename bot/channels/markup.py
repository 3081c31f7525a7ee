"""Parse the HTML subset of replies: b, i, u, code, and a with its href. Anything else in it is text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape, unescape

_TOKEN = re.compile(
    r"(?P<close></(?:b|i|u|code|a)>)"
    r'|(?P<open><(?:b|i|u|code|a href="[^"<>]*")>)'
    r"|(?P<entity>&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});)"
    r"|(?P<text>[^<>&]+|[<>&])"
)
_SPECIAL = re.compile(r"[<>&]")
_TAG = re.compile(r"<[^<>]*>")
_NAME = re.compile(r"[a-z]+")
_HREF = re.compile(r'href="([^"]*)"')


@dataclass(frozen=True, slots=True)
class MarkupToken:
    """A tag or a piece of text: a run without special signs, or one entity."""

    kind: str  #: open, close, entity or text
    source: str

    @property
    def visible(self) -> bool:
        """Return whether the token is text rather than a tag."""
        return self.kind in {"text", "entity"}

    @property
    def name(self) -> str:
        """Return the name of the tag."""
        found = _NAME.search(self.source)
        return found.group() if found else ""

    @property
    def closer(self) -> str:
        """Return the tag that closes this one."""
        return f"</{self.name}>"


def parse_tokens(html: str) -> Iterator[MarkupToken]:
    """Yield tags and text in well-formed order: stray signs are escaped, stray closers dropped, open tags closed."""
    stack: list[MarkupToken] = []
    for token in map(_to_token, _TOKEN.finditer(html)):
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close":
            if token.name not in {opened.name for opened in stack}:
                continue
            yield from _close_inner(stack, token.name)
        yield token
    yield from (MarkupToken("close", opened.closer) for opened in reversed(stack))


def _to_token(match: re.Match[str]) -> MarkupToken:
    source = match.group()
    if source in {"<", ">", "&"}:
        return MarkupToken("entity", escape(source))
    return MarkupToken(match.lastgroup or "text", source)


def _close_inner(stack: list[MarkupToken], name: str) -> Iterator[MarkupToken]:
    """Close the tags opened after ``name`` that are still open, and take ``name`` itself off the stack."""
    while (opened := stack.pop()).name != name:
        yield MarkupToken("close", opened.closer)


def to_well_formed(html: str) -> str:
    """Return the text with balanced tags and escaped signs."""
    return format_tokens(parse_tokens(html)) if _SPECIAL.search(html) else html


def has_visible_text(html: str) -> bool:
    """Return whether a well-formed text shows anything to the reader."""
    return bool(unescape(_TAG.sub("", html)).strip())


def format_tokens(parts: Iterable[MarkupToken]) -> str:
    """Join tokens into HTML."""
    return "".join(token.source for token in parts)


def to_plain_text(html: str) -> str:
    """Return the text without markup; the address of a link follows its text in parentheses."""
    pieces: list[str] = []
    links: list[str] = []
    for token in parse_tokens(html):
        if token.visible:
            pieces.append(unescape(token.source) if token.kind == "entity" else token.source)
        elif token.name == "a":
            pieces.append(_format_link_address(token, links))
    return "".join(pieces)


def _format_link_address(token: MarkupToken, links: list[str]) -> str:
    if token.kind == "open":
        found = _HREF.search(token.source)
        links.append(unescape(found.group(1)) if found else "")
        return ""
    address = links.pop() if links else ""
    return f" ({address})" if address else ""


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, as chat platforms count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
