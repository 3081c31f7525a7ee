"""Finds who speaks, where a person calls herself by a title: "chào em, chị bị khóa token"."""

from collections.abc import Sequence
from dataclasses import replace

from rules.language.matching import Matcher
from rules.language.spelling import Token, to_word
from rules.language.vocabulary import UnitWords

#: What the words are read as: the speaker is "tôi" whatever the title, and "em" is the one spoken to.
_SPEAKER, _ADDRESSED = to_word("tôi"), to_word("bạn")
#: Words by which a younger one is spoken to.
_YOUNGER = tuple(map(to_word, ("em", "cháu", "con")))


def with_speaker(tokens: Sequence[Token], matcher: Matcher, known: UnitWords) -> list[Token] | None:
    """Return the words as somebody says them who says "tôi", or ``None`` if nobody speaks by a title.

    A title with a name, a post or "ấy" behind it stays somebody else ("chị Lan").
    """
    titles = {
        tokens[place].word.bare
        for start, end in matcher.places("speaking", 0, len(tokens))
        for place in range(start, end)
        if matcher.places("title", place, place + 1)
    }
    if len(titles) != 1:
        return None
    title = titles.pop()
    others = {start for start, end in matcher.places("person", 0, len(tokens)) if end > start + 1}
    return [
        replace(token, word=_SPEAKER._replace(exact=token.word.exact))
        if token.word.bare == title and at not in others and _stands_alone(tokens, at, known)
        else replace(token, word=_ADDRESSED._replace(exact=token.word.exact))
        if any(token.word.may_be(one) for one in _YOUNGER)
        else token
        for at, token in enumerate(tokens)
    ]


def _stands_alone(tokens: Sequence[Token], at: int, known: UnitWords) -> bool:
    """Return whether no name follows: the next word is one of those that names do not have."""
    if at + 1 == len(tokens) or tokens[at + 1].before:
        return True
    following = tokens[at + 1]
    return not following.name and following.word.bare in known.stopped
