"""What is said about an export: while it is written, at its end, and with its files."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from handlers.office.exporting import FORMS, Form, Remarks
from handlers.replies import Reply
from handlers.requests.words import STATES
from handlers.voice import Voice, lines
from locales import N_, Translator

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


def finished(say: Voice, count: int, remarks: Remarks, parts: Sequence[Part]) -> Reply:
    """The end of the moving message, with an index where there are several files."""
    holds = say(N_("The export holds {count} requests."), count=number(say, count))
    said = [holds, *map(escape, remarked(say.t, remarks))]
    if len(parts) > 1:
        said.append(
            lines(say(N_("The list is split into {count} files:"), count=len(parts)), *index(say, parts[:_NAMED]))
        )
    return _reply(*said)


def remarked(t: Translator, remarks: Remarks) -> list[str]:
    """What was left out of a file and why, and what is to be filled in by hand; a sentence each."""
    told = {
        N_("{count} other requests are not for this kind of list."): remarks.others,
        N_("{count} requests have no serial number: fill it in by hand before signing."): remarks.serials,
        N_("{count} requests share a row with another one for the same certificate."): remarks.joined,
        N_("{count} requests cannot be read any more: the operator has to look into it."): remarks.unreadable,
    }
    counted = [t(sentence, count=count) for sentence, count in told.items() if count]
    return [*_by_state(t, remarks), *counted]


def _by_state(t: Translator, remarks: Remarks) -> list[str]:
    if not remarks.states:
        return []
    sending = ", ".join(t(STATES[state]) for state in remarks.sending)
    left = ", ".join(f"{count} {t(STATES[state])}" for state, count in remarks.states.items())
    only = t(N_("A list to be sent on takes only requests in the state: {states}."), states=sending)
    never = t(N_("A list to be sent on never takes requests in the states that were chosen."))
    return [only if sending else never, t(N_("Not in it because of their state: {states}."), states=left)]


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
