"""Makes once for a run of the tests what every process of it would make again.

What is read once in a process, such as patterns and templates, is read before the workers are forked; what takes
seconds and few tests look at is made by the first worker that needs it, and read by the others.
"""

import asyncio
import fcntl
import pickle
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from bot import pages
from rules.checking.diagnostic import Diagnostic
from rules.language import Language, checking, load_language
from tests.support.workers import RUN

_Made = TypeVar("_Made")
_try_examples = checking._examples


def read_once() -> None:
    """Let what is read once in a process be read: the catalogue, the language, the rules, the templates of pages."""
    from tests.support.dialogue import Dialogue  # noqa: PLC0415 - loads the pack, which is not needed where few tests run

    asyncio.run(Dialogue().says("/start", "1", "token bị mất", "1"))
    for template in Path(pages.__file__).parent.joinpath("templates").iterdir():
        pages._environment().get_template(template.name)


def made_once(name: str, make: Callable[[], _Made]) -> _Made:
    """Return what is made, by whichever process of this run needs it first; the name must be a file's."""
    kept = Path(tempfile.gettempdir(), f"troly-once-{RUN}-{name}")
    with Path(f"{kept}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(make()))
        made: _Made = pickle.loads(kept.read_bytes())
    return made


def forget() -> None:
    """Delete what was made in this run."""
    for path in Path(tempfile.gettempdir()).glob(f"troly-once-{RUN}-*"):
        path.unlink()


def try_examples_once() -> None:
    """Try the examples of the language that comes along once for all tests: they say the same beside any pack."""
    checking._examples = _try_once


def _try_once(language: Language) -> Iterator[Diagnostic]:
    if language is not load_language():
        return _try_examples(language)
    return iter(made_once("examples", lambda: tuple(_try_examples(language))))
