"""``troly broadcast new`` and ``change``."""

import asyncio
from collections.abc import Sequence

import typer

from bot.cli.acting import Acting, As, acting
from bot.cli.broadcast_drafting import drafted
from bot.cli.broadcast_files import Files, read
from bot.cli.broadcast_options import Typed
from bot.cli.broadcast_words import Name, next_step, refused, steps_over, the_one
from bot.cli.option_groups import with_option_groups
from bot.errors import Forbidden, InputError
from bot.exports.people_list import Named
from bot.harmless import harmless
from bot.settings import load_settings
from handlers.broadcasts.model import Broadcast, Outcome
from handlers.office.rights import Act
from locales import N_, Translator, translator
from rules.calendar import vietnamese_day

#: Lines of a list that are named, and the letters of each.
_NAMED, _LONGEST = 20, 40
_NOBODY = N_("nobody within reach is called so")
_SEVERAL = N_("several people have this code; write the code of a request instead")


@with_option_groups
def new(
    typed: Typed,
    person: As = None,
) -> None:
    """Nothing leaves before it is checked, approved and started."""
    made = asyncio.run(_made(typed, read(typed), person))
    _tell(made, N_("{id} is written as a draft."))


@with_option_groups
def change(
    name: Name,
    typed: Typed,
    person: As = None,
) -> None:
    """What is not named stays; an empty text takes away what was there."""
    changed = asyncio.run(_changed(name, typed, read(typed), person))
    _tell(changed, N_("{id} is changed, and a draft again."))


async def _made(typed: Typed, files: Files, person: str | None) -> Broadcast:
    async with acting(person) as at:
        at.require(Act.WRITE_BROADCASTS)
        draft = drafted(
            None, typed, files, await _chats(at, typed, files), units=at.units, today=vietnamese_day(at.now)
        )
        made = await at.admin.broadcasts.new(at.rights, draft, files.document.content if files.document else None)
        if made is None:
            raise Forbidden(N_("This role does not reach so far: name a --unit that it covers."))
        await at.commit()
        return made


async def _changed(name: str, typed: Typed, files: Files, person: str | None) -> Broadcast:
    async with acting(person) as at:
        at.require(Act.WRITE_BROADCASTS)
        book, seen = at.admin.broadcasts, await the_one(at.admin, at.rights, name)
        draft = drafted(
            seen.draft, typed, files, await _chats(at, typed, files), units=at.units, today=vietnamese_day(at.now)
        )
        document = files.document.content if files.document else None
        outcome = await book.change(at.rights, seen.id, seen.revision, draft, document)
        if outcome is not Outcome.DONE:
            raise refused(outcome, seen)
        changed = await the_one(at.admin, at.rights, seen.id)
        await at.commit()
        return changed


async def _chats(at: Acting, typed: Typed, files: Files) -> tuple[str, ...] | None:
    """Whom the list names; ``None`` where none was given.

    Raises:
        InputError: lines of it name nobody; the first of them are named, and nothing is stored.
    """
    if files.people is None:
        return None
    found = await at.admin.broadcasts.resolve_names(at.rights, [one.name for one in files.people])
    faults = ((one, _fault(len(found.get(one.name, ())))) for one in files.people)
    wrong = [(one, fault) for one, fault in faults if fault]
    if wrong:
        t = translator(load_settings().language)
        raise InputError(
            N_("{file}: {count} lines cannot be taken; nothing was stored.\n{lines}"),
            file=typed.listed,
            count=len(wrong),
            lines="\n".join(_lines(t, wrong)),
        )
    return tuple(sorted({chat for chats in found.values() for chat in chats}))


def _fault(meant: int) -> str:
    """What is wrong with a name that means so many people; nothing where it means one."""
    if meant == 1:
        return ""
    return _SEVERAL if meant else _NOBODY


def _lines(t: Translator, wrong: Sequence[tuple[Named, str]]) -> list[str]:
    line = N_("line {line}: {name}: {fault}")
    told = [
        t(line, line=one.line, name=harmless(one.name)[:_LONGEST].replace("\n", " "), fault=t(fault))
        for one, fault in wrong[:_NAMED]
    ]
    more = len(wrong) - len(told)
    return [*told, t(N_("and {count} more"), count=more)] if more else told


def _tell(broadcast: Broadcast, done: str) -> None:
    t = translator(load_settings().language)
    for line in (t(done, id=broadcast.id), *steps_over(t, broadcast, broadcast.changed_at), next_step(t, broadcast)):
        typer.echo(line)
