"""The examples of the language that comes along are tried once for all tests: they say the same beside any pack."""

from collections.abc import Iterator

import pytest

from rules.checking.diagnostic import Diagnostic
from rules.language import Language, checking, load_language

_try_examples = checking._examples
_tried: list[tuple[Diagnostic, ...]] = []


def _try_once(language: Language) -> Iterator[Diagnostic]:
    if language is not load_language():
        yield from _try_examples(language)
        return
    if not _tried:
        _tried.append(tuple(_try_examples(language)))
    yield from _tried[0]


@pytest.fixture(autouse=True)
def _examples_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_examples", _try_once)
