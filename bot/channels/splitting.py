"""A paragraph too long for one message is cut between sentences, else between words, else where it must be."""

from collections.abc import Iterable, Iterator, Sequence

from bot.channels.markup import Token, plain, tokens, utf16, written

_SENTENCE_ENDS = frozenset(".!?;:…\n")


def split_paragraph(paragraph: str, limit: int) -> Iterator[str]:
    """Pieces of at most ``limit`` UTF-16 units, markup included; only white space at the cuts is lost.

    Tags are closed at the end of a piece and opened again in the next. A limit below 100 is not meant.
    """
    if utf16(paragraph) <= limit:
        yield paragraph
        return
    parts = list(_characters(tokens(paragraph)))
    if _heaviest_nesting(parts) > limit // 2:  # the markup alone would fill messages: the text matters more
        parts = [token for token in parts if token.visible]
    for piece in _pieces(parts, limit):
        if plain(piece).strip():
            yield piece.strip()


def _characters(parts: Iterable[Token]) -> Iterator[Token]:
    for token in parts:
        if token.kind == "text":
            yield from (Token("text", character) for character in token.source)
        else:
            yield token


def _heaviest_nesting(parts: Iterable[Token]) -> int:
    """The most units that tags open at one place need, their closers included."""
    weights: list[int] = []
    heaviest = 0
    for token in parts:
        if token.kind == "open":
            weights.append(_weight(token))
            heaviest = max(heaviest, sum(weights))
        elif token.kind == "close":
            weights.pop()
    return heaviest


def _weight(token: Token) -> int:
    return utf16(token.source) + (len(token.closer) if token.kind == "open" else 0)


def _pieces(parts: Sequence[Token], limit: int) -> Iterator[str]:
    opened: list[Token] = []
    while parts:
        cut = _cut(parts, limit - sum(map(_weight, opened)))
        taken, parts = parts[:cut], parts[cut:]
        still_open = _open_after(opened, taken)
        closers = "".join(token.closer for token in reversed(still_open))
        yield written(opened) + written(taken) + closers
        opened = still_open


def _cut(parts: Sequence[Token], room: int) -> int:
    """How many tokens to take: all that fit, or fewer where a sentence or a word ends."""
    sentence = word = 0
    before = ""
    for index, token in enumerate(parts):
        if token.kind != "close":  # a closer was paid for with its opener
            room -= _weight(token)
        if room < 0:
            return _best_cut(max(index, 1), sentence, word)
        if token.visible:
            if token.source.isspace():
                word = index + 1
                sentence = index + 1 if before in _SENTENCE_ENDS or token.source == "\n" else sentence
            before = token.source
    return len(parts)


def _best_cut(index: int, sentence: int, word: int) -> int:
    """A sentence's end unless it wastes more than half of the message; else a word's; else anywhere."""
    return sentence if sentence > index // 2 else word or index


def _open_after(opened: Sequence[Token], taken: Iterable[Token]) -> list[Token]:
    stack = list(opened)
    for token in taken:
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close":
            stack.pop()
    return stack
