"""Declare the options of ``troly broadcast new`` and ``change``: what they mean, and the files that they name."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from bot.certificates import LIMITS, MEBIBYTE
from bot.cli.options import (
    parse_day_option,
    parse_procedure,
    parse_state,
    parse_unit,
    parse_word,
    to_bad_parameter,
)
from bot.errors import InputError, read_beginning, read_input
from bot.exports.broadcast_files import BroadcastDocument, ListedPerson, read_document, read_people
from handlers.model import ROLES, Audience, Role, UnitDirectory
from locales import N_


@dataclass(frozen=True, slots=True)
class Typed:
    """The options as they were typed; ``None`` means not given, and an empty text clears the earlier value."""

    title: Annotated[
        str | None, typer.Option("--title", help=N_("What it is called in lists; recipients never see it."))
    ] = None
    text_vi: Annotated[
        Path | None,
        typer.Option("--text-vi", metavar="FILE", help=N_("The Vietnamese text, in UTF-8; - reads it here.")),
    ] = None
    text_en: Annotated[
        Path | None, typer.Option("--text-en", metavar="FILE", help=N_("The English text, in UTF-8; - reads it here."))
    ] = None
    unit: Annotated[str | None, typer.Option("--unit", help=N_("Unit, with all below it: its code or its name."))] = (
        None
    )
    role: Annotated[str | None, typer.Option("--role", help=N_("Only people with this role."))] = None
    to_do: Annotated[
        bool | None,
        typer.Option("--to-do/--no-to-do", help=N_("Only people who owe a procedure and have not asked for it.")),
    ] = None
    unfinished: Annotated[
        bool | None,
        typer.Option(
            "--unfinished/--no-unfinished", help=N_("Only people who owe a procedure for which no request is done.")
        ),
    ] = None
    owed: Annotated[
        list[str] | None,
        typer.Option(
            "--owed", help=N_("Only people who owe this procedure and have not asked for it; may be repeated.")
        ),
    ] = None
    state: Annotated[
        list[str] | None, typer.Option("--state", help=N_("Only people with a request in this state; may be repeated."))
    ] = None
    expires_from: Annotated[
        str | None, typer.Option("--expires-from", help=N_("The certificate ends on this day or later."))
    ] = None
    expires_until: Annotated[
        str | None, typer.Option("--expires-until", help=N_("The certificate ends on this day or earlier."))
    ] = None
    expires_within: Annotated[
        int | None,
        typer.Option(
            "--expires-within", min=0, max=3650, help=N_("The certificate ends within so many days; 0: any day.")
        ),
    ] = None
    channel: Annotated[str | None, typer.Option("--channel", help=N_("Only over this channel, such as telegram."))] = (
        None
    )
    silent_since: Annotated[
        str | None, typer.Option("--silent-since", help=N_("Only people not heard of since before this day."))
    ] = None
    silent_days: Annotated[
        int | None,
        typer.Option("--silent-days", min=0, max=3650, help=N_("Only people not heard of for so many days; 0: all.")),
    ] = None
    listed: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help=N_("Only people of this list (XLSX or CSV): request codes, codes of people, or telegram:ID."),
        ),
    ] = None
    button: Annotated[
        list[str] | None, typer.Option("--button", help=N_("A button: now, done, later or none; may be repeated."))
    ] = None
    deadline: Annotated[
        str | None, typer.Option("--deadline", help=N_("The last day; it fills {han} and {so_ngay}."))
    ] = None
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan",
            help=N_("Makes it a campaign: days before the deadline, such as 30,14,7,3,1,0,-1; -1 is a day after."),
        ),
    ] = None
    at: Annotated[
        str | None, typer.Option("--at", help=N_("Time of day of a campaign's steps in Viet Nam, such as 08:30."))
    ] = None
    late: Annotated[
        str | None,
        typer.Option("--late", help=N_("What to do with a step that was missed: run it late, or skip it (run, skip).")),
    ] = None
    starts_at: Annotated[
        str | None,
        typer.Option("--starts-at", help=N_("Day and time of the start in Viet Nam, such as “2026-12-01 08:00”.")),
    ] = None
    document: Annotated[
        Path | None,
        typer.Option("--document", metavar="FILE", help=N_("A file to go along: PDF, DOCX, XLSX, PNG or JPG.")),
    ] = None


#: The roles that recipients can have.
_ROLES = {role: ROLES[role] for role in (Role.OWNER, Role.ADMIN, Role.FOCAL, Role.OFFICER)}
#: Options that are numbers stand in the audience under their own name; 0 takes the condition away.
_NUMBERS = tuple(
    name for name, kind in get_type_hints(Typed).items() if kind == int | None and name in Audience.model_fields
)


def to_audience(before: Audience, typed: Typed, units: UnitDirectory, chats: tuple[str, ...] | None) -> Audience:
    """Return the audience with the conditions that were typed; raises ``typer.BadParameter`` for a wrong one."""
    changes: dict[str, Any] = {
        "expires_from": change_day("--expires-from", typed.expires_from, before.expires_from),
        "expires_until": change_day("--expires-until", typed.expires_until, before.expires_until),
        "silent_since": change_day("--silent-since", typed.silent_since, before.silent_since),
    }
    if typed.unit is not None:
        changes["unit"] = parse_unit(typed.unit, units) if typed.unit else None
    if typed.role is not None:
        changes["role"] = parse_word("--role", typed.role, _ROLES) if typed.role else None
    changes |= {name: value for name in ("to_do", "unfinished") if (value := getattr(typed, name)) is not None}
    if typed.owed:
        changes["owed"] = tuple(parse_procedure("--owed", one) for one in _given(typed.owed))
    if typed.state:
        changes["states"] = tuple(parse_state("--state", one) for one in _given(typed.state))
    if typed.channel is not None:
        changes["channel"] = typed.channel.strip().lower() or None
    for name in _NUMBERS:
        if (number := getattr(typed, name)) is not None:
            changes[name] = number or None
    if chats is not None:
        changes["chats"] = chats or None
    return before.model_copy(update=changes)


def _given(typed: Iterable[str]) -> Iterable[str]:
    """Return the values without duplicates and without the empty text that clears a list."""
    return (one for one in dict.fromkeys(typed) if one.strip())


def change_day(option: str, typed: str | None, before: date | None) -> date | None:
    """Return the day of an option: as before where it was not given, none where it is empty."""
    if typed is None:
        return before
    return parse_day_option(option, typed) if typed else None


#: The most bytes of the text and of the document; the limits of a channel are checked for each recipient.
_LONGEST, _LARGEST = 256 * 1024, 20 * MEBIBYTE
#: An empty text in place of a file's name clears the earlier value.
NO_FILE = Path()
_STANDARD_INPUT = Path("-")


@dataclass(frozen=True, slots=True)
class BroadcastFiles:
    """The contents of the files; ``None`` means not given, an empty list of people clears the earlier list."""

    vi: str | None
    en: str | None
    people: tuple[ListedPerson, ...] | None
    document: BroadcastDocument | None


def read_files(typed: Typed) -> BroadcastFiles:
    """Read all given files.

    Raises:
        InputError: a file cannot be read or has the wrong format.
        typer.BadParameter: both texts are to be read from standard input.
    """
    if typed.text_vi == _STANDARD_INPUT == typed.text_en:
        raise to_bad_parameter("--text-en", N_("only one text can be read from standard input"))
    return BroadcastFiles(
        vi=_read_text(typed.text_vi) if typed.text_vi else None,
        en=_read_text(typed.text_en) if typed.text_en else None,
        people=_read_recipients(typed.listed) if typed.listed else None,
        document=_read_document(typed.document) if typed.document and typed.document != NO_FILE else None,
    )


#: The first bytes of DOCX, DOC, PDF and RTF.
_NO_PLAIN = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-", b"{\\rtf")
_NO_PLAIN_TEXT = N_("{file} is no plain text. Save the text alone as .txt in UTF-8, or give it as --document.")


def _read_text(file: Path) -> str:
    data = sys.stdin.buffer.read(_LONGEST + 1) if file == _STANDARD_INPUT else read_beginning(file, _LONGEST)
    if data.startswith(_NO_PLAIN):
        raise InputError(_NO_PLAIN_TEXT, file=file)
    if len(data) > _LONGEST:
        raise InputError(N_("{file} is longer than any message can be."), file=file)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        raise InputError(N_("{file} is not UTF-8 text. Please save it as UTF-8."), file=file) from None


def _read_recipients(file: Path) -> tuple[ListedPerson, ...]:
    return () if file == NO_FILE else read_people(read_input(file, LIMITS.file), file)


def _read_document(file: Path) -> BroadcastDocument:
    return read_document(file.name, read_input(file, _LARGEST), file)
