"""What is said about an export: while it is written, at its end, and with its files."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handlers.office.exporting import FORMS, Form
from handlers.replies import Reply
from handlers.voice import Voice, lines
from locales import N_

#: Parts that the end names one by one; the index file names all of them.
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A file of an export."""

    name: str
    first: int  #: number of the first that it holds, from 1
    last: int
    lists: bool = False  #: it holds official lists, not requests


def number(say: Voice, value: int) -> str:
    """``12.000`` in Vietnamese, ``12,000`` in English."""
    return f"{value:,}".replace(",", "," if say.language == "en" else ".")


def queued(say: Voice, form: Form, total: int) -> Reply:
    """The message that will move."""
    return _reply(
        say(N_("Export ({form}): {total} requests, waiting."), form=say(FORMS[form]), total=number(say, total))
    )


def moving(say: Voice, done: int, total: int) -> Reply:
    """How far it is."""
    share = min(100, 100 * done // max(total, 1))
    counts = {"done": number(say, done), "total": number(say, total), "share": share}
    return _reply(say(N_("Exporting: {done} / {total} ({share} %)"), **counts))


def finished(say: Voice, count: int, left_out: int, parts: Sequence[Part]) -> Reply:
    """The end of the moving message, with an index where there are several files."""
    said = [say(N_("The export holds {count} requests."), count=number(say, count))]
    if left_out:
        said.append(say(N_("{count} of them have no place in a list of this form."), count=number(say, left_out)))
    if len(parts) > 1:
        said.append(
            lines(say(N_("The list is split into {count} files:"), count=len(parts)), *index(say, parts[:_NAMED]))
        )
    return _reply(*said)


def index(say: Voice, parts: Sequence[Part]) -> list[Markup]:
    """One line a file."""
    return [
        say(
            N_("{name}: lists {first} to {last}") if part.lists else N_("{name}: requests {first} to {last}"),
            name=part.name,
            first=number(say, part.first),
            last=number(say, part.last),
        )
        for part in parts
    ]


def failed(say: Voice) -> Reply:
    """It could not be written."""
    return _reply(say(N_("The export could not be written. Nothing was sent; please try again with /xuat.")))


def lost(say: Voice) -> Reply:
    """A role ended meanwhile."""
    return _reply(say(N_("The export was stopped: you no longer have the right to it. Nothing was sent.")))


def cancelled(say: Voice) -> Reply:
    """By the person's own wish."""
    return _reply(say(N_("The export was cancelled. Nothing was sent.")))


def _reply(*paragraphs: Markup) -> Reply:
    return Reply(paragraphs=tuple(map(str, paragraphs)))
