"""What requests are found by without being unsealed: keyed digests of their folded words, and some plain columns."""

import json

from bot.store import places
from bot.store.drivers import Call
from bot.store.sealing import Keyring
from handlers.folding import fold
from handlers.requests.model import Content


def words_of(code: str, content: Content) -> frozenset[str]:
    """The folded words of the names, the serial number and the code."""
    named = (content.subscriber, content.certificate_name or "", content.unit, content.serial or "", code)
    return frozenset(word for text in named for word in fold(text).split())


def open_words_of(code: str, content: Content) -> frozenset[str]:
    """Those of the managing body and the code: whoever sees the rest masked must not find it by guessing either."""
    return frozenset(word for text in (content.unit, code) for word in fold(text).split())


def open_columns(content: Content) -> dict[str, object]:
    """What a request is found by that tells nothing about a person."""
    not_after = content.not_after.toordinal() if content.not_after else None
    return {"procedure": content.procedure.value, "unit": content.unit_code, "not_after": not_after}


def words_added(keyring: Keyring, code: str, number: int, content: Content) -> tuple[Call, Call]:
    """The words of a new request, as the database knows them: one by one, and in one text a kind."""
    words = sorted(places.word(keyring, word) for word in words_of(code, content))
    open_words = sorted(places.open_word(keyring, word) for word in open_words_of(code, content))
    listed = {"words": " ".join(words), "open_words": " ".join(open_words)}
    return (
        Call("add_words", {"number": number, "words": json.dumps([*words, *open_words])}),
        Call("list_words", {"number": number, **listed}),
    )


def words_renewed(keyring: Keyring, code: str, number: int, content: Content) -> tuple[Call, ...]:
    """The words of a request instead of those it had."""
    return Call("drop_words", {"number": number}), *words_added(keyring, code, number, content)
