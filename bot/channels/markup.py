"""The HTML subset of replies: b, i, u, code and a with its href. Anything else in it is text."""

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
class Token:
    """A tag, or text as it is written: a run without special signs, or one entity."""

    kind: str  #: open, close, entity or text
    source: str

    @property
    def visible(self) -> bool:
        """Whether it is text rather than a tag."""
        return self.kind in {"text", "entity"}

    @property
    def name(self) -> str:
        """Name of the tag."""
        found = _NAME.search(self.source)
        return found.group() if found else ""

    @property
    def closer(self) -> str:
        """The tag that ends this one."""
        return f"</{self.name}>"


def tokens(html: str) -> Iterator[Token]:
    """Tags and text, made well-formed: stray signs escaped, stray closers dropped, open tags closed."""
    stack: list[Token] = []
    for token in map(_token, _TOKEN.finditer(html)):
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close":
            if token.name not in {opened.name for opened in stack}:
                continue
            yield from _close_inner(stack, token.name)
        yield token
    yield from (Token("close", opened.closer) for opened in reversed(stack))


def _token(match: re.Match[str]) -> Token:
    source = match.group()
    if source in {"<", ">", "&"}:
        return Token("entity", escape(source))
    return Token(match.lastgroup or "text", source)


def _close_inner(stack: list[Token], name: str) -> Iterator[Token]:
    """Close what was opened after ``name`` and is still open; take ``name`` itself off the stack."""
    while (opened := stack.pop()).name != name:
        yield Token("close", opened.closer)


def well_formed(html: str) -> str:
    """The same text with balanced tags and escaped signs."""
    return written(tokens(html)) if _SPECIAL.search(html) else html


def shows_anything(html: str) -> bool:
    """Whether something of a well-formed text is to be seen."""
    return bool(unescape(_TAG.sub("", html)).strip())


def written(parts: Iterable[Token]) -> str:
    """Tokens as HTML."""
    return "".join(token.source for token in parts)


def plain(html: str) -> str:
    """The text without markup; the address of a link follows its text."""
    pieces: list[str] = []
    links: list[str] = []
    for token in tokens(html):
        if token.visible:
            pieces.append(unescape(token.source) if token.kind == "entity" else token.source)
        elif token.name == "a":
            pieces.append(_address(token, links))
    return "".join(pieces)


def _address(token: Token, links: list[str]) -> str:
    if token.kind == "open":
        found = _HREF.search(token.source)
        links.append(unescape(found.group(1)) if found else "")
        return ""
    address = links.pop() if links else ""
    return f" ({address})" if address else ""


def utf16(text: str) -> int:
    """Length in UTF-16 code units, the way chat platforms count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
