"""Options that several commands share: days, units, words, filters, and ``--as`` with the session that it opens."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from bot.channels import parse_address
from bot.errors import Forbidden, PersonUnknown
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import AdminTransaction, open_admin_transaction
from bot.settings import configured_language, load_settings
from bot.store import Store
from handlers.admin import MOVE_SYNONYMS, SHORT_PROCEDURES
from handlers.core import AdminServices, parse_day
from handlers.model import MACHINE, TERMINAL, Act, Filter, RequestState, Rights, Unit, UnitDirectory
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS
from locales import LANGUAGES, N_, translator
from rules.language.spelling import fold
from rules.outcome import Procedure

_Word = TypeVar("_Word", bound=StrEnum)
#: "đã tiếp nhận" may also be typed "tiep nhan".
_PREFIX = re.compile(r"^(da|bi|ban) ")
#: The most units suggested if none has the name.
_MOST_SUGGESTED = 3

UnitOption = Annotated[str | None, typer.Option("--unit", help=N_("Unit, with all below it: its code or its name."))]


def parse_word(
    option: str, typed: str, words: Mapping[_Word, str], more: Mapping[_Word, Iterable[str]] | None = None
) -> _Word:
    """Return a value by its machine name or by one of its labels, accents optional.

    Args:
        option: the option to name in the error.
        typed: the text as typed.
        words: value -> message id of its label; the error lists these words.
        more: value -> further accepted spellings.

    Raises:
        typer.BadParameter: the text matches none of them.
    """
    folded = fold(typed)
    for value, message in words.items():
        if folded in _accepted_forms(value, message, (more or {}).get(value, ())):
            return value
    t = translator(configured_language())
    known = ", ".join(t(message) for message in words.values())
    raise to_bad_parameter(option, N_("{typed} is not known; choose one of: {known}"), typed=typed, known=known)


def _accepted_forms(value: StrEnum, message: str, more: Iterable[str]) -> set[str]:
    said = {fold(translator(language)(message)) for language in LANGUAGES}
    return {fold(value.value), *said, *(_PREFIX.sub("", one) for one in said), *map(fold, more)}


def parse_day_option(option: str, typed: str | None) -> date | None:
    """Parse a day as people write it; raises the errors of ``parse_word``."""
    if typed is None:
        return None
    found = parse_day(typed)
    if found is None:
        raise to_bad_parameter(option, N_("{typed} is not a day; write it as 2026-11-23 or 23/11/2026"), typed=typed)
    return found


def parse_unit(typed: str, units: UnitDirectory) -> str:
    """Return the code of a unit: by its code in any case, else by its whole name, else by a search.

    Raises:
        typer.BadParameter: no unit or several match; the error suggests some.
    """
    for named in (_codes_by_code(typed, units), _codes_by_name(typed, units), _codes_by_search(typed, units)):
        if len(named) == 1:
            return named[0]
        if named:
            message = N_("several units are called {typed}: {units}")
            raise to_bad_parameter("--unit", message, typed=typed, units=_format_units(named, units))
    nearest = [found.unit.code for found in units.find(typed, _MOST_SUGGESTED)]
    if nearest:
        message = N_("There is no unit “{typed}”. Did you mean: {units}?")
        raise to_bad_parameter("--unit", message, typed=typed, units=_format_units(nearest, units))
    raise to_bad_parameter("--unit", N_("There is no unit “{typed}”."), typed=typed)


def _codes_by_code(typed: str, units: UnitDirectory) -> list[str]:
    code = typed.strip()
    return [code] if units.get(code) else _codes_where(units, lambda unit: unit.code.casefold() == code.casefold())


def _codes_by_name(typed: str, units: UnitDirectory) -> list[str]:
    """Find open units by name; a former unit is found by the search, with its successor."""
    name = " ".join(typed.split()).casefold()
    return _codes_where(units, lambda unit: unit.is_open(None) and unit.name.casefold() == name)


def _codes_by_search(typed: str, units: UnitDirectory) -> list[str]:
    return list(dict.fromkeys(found.unit.code for found in units.find(typed) if found.sure))


def _codes_where(units: UnitDirectory, fit: Callable[[Unit], bool]) -> list[str]:
    return [unit.code for unit in units.units.values() if fit(unit)]


def _format_units(codes: Iterable[str], units: UnitDirectory) -> str:
    return ", ".join(f"{units.name(code)} ({code})" for code in dict.fromkeys(codes))


def to_bad_parameter(option: str, message: str, **values: object) -> typer.BadParameter:
    """Return the error of an invalid option, in the reader's language."""
    return typer.BadParameter(translator(configured_language())(message, **values), param_hint=option)


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """The options that filter requests, as they were typed."""

    unit: UnitOption = None
    procedures: Annotated[
        list[str] | None,
        typer.Option("--procedure", help=N_("Procedure, by machine name or in words; may be repeated.")),
    ] = None
    states: Annotated[
        list[str] | None, typer.Option("--state", help=N_("State, by machine name or in words; may be repeated."))
    ] = None
    since: Annotated[str | None, typer.Option("--since", help=N_("Registered on this day or later."))] = None
    until: Annotated[str | None, typer.Option("--until", help=N_("Registered on this day or earlier."))] = None
    expires_from: Annotated[
        str | None, typer.Option("--expires-from", help=N_("The certificate ends on this day or later."))
    ] = None
    expires_until: Annotated[
        str | None, typer.Option("--expires-until", help=N_("The certificate ends on this day or earlier."))
    ] = None
    text: Annotated[
        str,
        typer.Option("--text", help=N_("Words of the name, serial number, managing body or code; accents optional.")),
    ] = ""

    def is_empty(self) -> bool:
        """Return whether no filter was given."""
        return self == type(self)()

    def filter(self, units: UnitDirectory) -> Filter:
        """Return the filter that the options describe.

        Raises:
            typer.BadParameter: a word, a day or a unit is unknown; the error lists the known ones.
        """
        return Filter(
            unit=parse_unit(self.unit, units) if self.unit else None,
            procedures=tuple(parse_procedure("--procedure", typed) for typed in self.procedures or ()),
            states=tuple(parse_state("--state", typed) for typed in self.states or ()),
            since=parse_day_option("--since", self.since),
            until=parse_day_option("--until", self.until),
            expires_from=parse_day_option("--expires-from", self.expires_from),
            expires_until=parse_day_option("--expires-until", self.expires_until),
            text=self.text,
        )


@dataclass(frozen=True, slots=True)
class WantedInState(FilterOptions):
    """The filter options of ``set``, whose ``--state`` already names the new state."""

    states: Annotated[
        list[str] | None, typer.Option("--in-state", help=N_("Only those in this state; may be repeated."))
    ] = None


def parse_state(option: str, typed: str) -> RequestState:
    """Parse a state by its machine name or its label, accents optional.

    Raises the errors of ``FilterOptions.filter``.
    """
    return parse_word(option, typed, STATE_LABELS, MOVE_SYNONYMS)


def parse_procedure(option: str, typed: str) -> Procedure:
    """Parse a procedure by its machine name or its label; raises the errors of ``FilterOptions.filter``."""
    short = {
        procedure: [translator(language)(word) for language in LANGUAGES]
        for procedure, word in SHORT_PROCEDURES.items()
    }
    return parse_word(option, typed, PROCEDURE_LABELS, short)


def with_option_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Let typer see the fields of a dataclass as options, and the command get the dataclass.

    Each field is annotated like an option of typer and has a default; ``None`` means that the option was not given.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    def called(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**made, **given)

    parameters = list(_parameters(signature(command), hints))
    called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    called.__name__, called.__doc__ = command.__name__, command.__doc__
    return called


def _parameters(of: Signature, hints: dict[str, Any]) -> Iterator[Parameter]:
    for one in of.parameters.values():
        hint = hints[one.name]
        if is_dataclass(hint) and isinstance(hint, type):
            inner = get_type_hints(hint, include_extras=True)
            for field in fields(hint):
                yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=inner[field.name])
        else:
            yield one.replace(annotation=hint, kind=Parameter.KEYWORD_ONLY)


#: ``--as`` of every command of the admins' side.
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        help=N_(
            "Act with the rights of this person (telegram:ID, terminal:NAME or a role's code), not as the operator."
        ),
    ),
]
_NOBODY = N_("{person} names nobody: write telegram:ID, terminal:NAME or the code of a role such as QT-000012")


@dataclass(frozen=True, slots=True)
class CommandSession:
    """A transaction of the admins' side, and by which rights it is used."""

    store: Store
    unit: AdminTransaction
    rights: Rights
    units: UnitDirectory
    now: datetime

    @property
    def admin(self) -> AdminServices:
        """Return the ports of admins."""
        return self.unit.admin

    async def commit(self) -> None:
        """Keep what was done; nothing may be asked afterwards."""
        await self.unit.commit()

    def require(self, act: Act) -> None:
        """Go on only where the act reaches anything at all.

        Raises:
            Forbidden: it does not.
        """
        if not self.rights.reach(act):
            raise Forbidden(N_("This role may not do that."))


@asynccontextmanager
async def open_as(person: str | None = None, *, reading: bool = False) -> AsyncIterator[CommandSession]:
    """Open the store and a transaction in it, undone without ``commit``; nobody waits for one that only reads.

    Raises:
        PersonUnknown: ``--as`` names nobody.
        StoreError: the store cannot be used.
    """
    async with open_store_from_settings(load_settings()) as opened:
        store, now = opened.store, datetime.now(UTC)
        units = await store.units.read()
        chat = await chat_id(store, person) if person is not None else ""
        async with open_admin_transaction(store, now, chat=chat, channel=MACHINE, reading=reading) as unit:
            yield CommandSession(store, unit, await _rights_of(unit, person, units), units, now)


@dataclass(frozen=True, slots=True)
class AuthorizedStore:
    """A store without an open transaction, for what takes long, and by which rights it is used."""

    store: Store
    rights: Rights
    chat: str  #: id of the chat of ``--as``; empty for the operator
    now: datetime


@asynccontextmanager
async def open_store_as(act: Act, person: str | None = None) -> AsyncIterator[AuthorizedStore]:
    """Open the store for one who may do this at all; raises as ``open_as`` and ``CommandSession.require`` do."""
    async with open_store_from_settings(load_settings()) as opened:
        store, now = opened.store, datetime.now(UTC)
        units = await store.units.read()
        chat = await chat_id(store, person) if person is not None else ""
        async with open_admin_transaction(store, now, chat=chat, channel=MACHINE, reading=True) as unit:
            rights = await _rights_of(unit, person, units)
            CommandSession(store, unit, rights, units, now).require(act)
        yield AuthorizedStore(store, rights, chat, now)


async def _rights_of(unit: AdminTransaction, person: str | None, units: UnitDirectory) -> Rights:
    return Rights.operator(units) if person is None else Rights.of(await unit.admin.people.mine(), units)


async def chat_id(store: Store, person: str) -> str:
    """Return the id of a person's chat; a bare name is that of a terminal whose person has a role.

    Raises:
        PersonUnknown: there is no such person.
    """
    where = parse_address(person)
    found = store.chats.at(*where).id if where else await store.chats.find_by_grant(person.strip().upper())
    found = found or await _find_terminal_chat(store, person)
    if found is None:
        raise PersonUnknown(_NOBODY, person=person)
    return found


async def _find_terminal_chat(store: Store, name: str) -> str | None:
    where = parse_address(f"{TERMINAL}:{name}") if ":" not in name else None
    if where is None:
        return None
    chat = store.chats.at(*where).id
    async with open_admin_transaction(store, datetime.now(UTC), chat=chat, channel=MACHINE, reading=True) as unit:
        return chat if await unit.admin.people.mine() else None
