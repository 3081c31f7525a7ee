"""Read the office's approved texts, see whether Zalo has them so and at which price, and fill one for a person."""

import asyncio
import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import structlog
import tomli
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.channels import ChannelError
from bot.channels.zalo.oa.api import ZbsApi
from bot.channels.zalo.oa.errors import ErrorClass, OaError
from bot.clock import Clock
from bot.concurrency import cancel_on
from bot.errors import InputError, SettingsError, read_beginning
from bot.messages import ReminderFacts
from bot.store import AbandonedRow, Store, StoreError
from handlers.broadcasts.rendering import fill_plainly
from handlers.broadcasts.template import Template, known_placeholders, parse, required_placeholders
from handlers.model import PaidTemplate, PlaceholderValues, ReminderKind, choose_template
from locales import N_

#: Bytes of the file, and texts in it.
_MOST_BYTES, _MOST_TEMPLATES = 64 * 1024, 50
#: After so long Zalo is asked for the prices again.
_FRESH = timedelta(hours=1)
#: And after so long where it did not answer.
_AGAIN = timedelta(minutes=5)
_LOOK_SECONDS = 600.0
#: Characters of a parameter of which Zalo says nothing: the least of what it allows any of them.
_LONGEST = 20
_ENABLED = frozenset({"ENABLE", "ENABLED", "APPROVED"})

_UNREADABLE = N_("TROLY_ZALO_ZBS_TEMPLATES: the file {path} cannot be read: {reason}")
_TOO_LARGE = N_("TROLY_ZALO_ZBS_TEMPLATES: the file {path} is larger than {limit} KB")
_NO_TEXT = N_("TROLY_ZALO_ZBS_TEMPLATES: the file {path} is not UTF-8 text. Please save it as UTF-8.")
_NO_TOML = N_("TROLY_ZALO_ZBS_TEMPLATES: the file {path} is not TOML: line {line}, column {column}")
_WRONG = N_("TROLY_ZALO_ZBS_TEMPLATES: in the file {path} this is missing or cannot be used: {place}")
_TWICE = N_("TROLY_ZALO_ZBS_TEMPLATES: the file {path} has the template {id} twice")
_PARAMETER = N_(
    "TROLY_ZALO_ZBS_TEMPLATES: in the file {path} the parameter {name} of the template {id} cannot be used: {text}"
)

_log = structlog.get_logger(__name__)

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]
_Text = Annotated[str, StringConstraints(pattern=r"^[^\r\n]{1,500}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
    kind: ReminderKind = Field(ReminderKind.ANY, alias="for")
    parameters: dict[_Name, _Text] = Field(default_factory=dict, max_length=20)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    template: tuple[_Entry, ...] = Field(max_length=_MOST_TEMPLATES)


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """An approved text, and what the office fills its parameters with."""

    id: str
    kind: ReminderKind
    parameters: Mapping[str, Template]

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the placeholders that it cannot do without, by name."""
        found = (name.value for one in self.parameters.values() for name in required_placeholders(one))
        return tuple(sorted(set(found)))

    def fill(self, facts: ReminderFacts, longest: Mapping[str, int]) -> dict[str, str] | None:
        """Return the parameters for one person, and nothing else of them; ``None`` where one does not fit.

        A value that is too long is not cut: the placeholder's own words stand for it, where it has some.
        """
        values = facts.values.model_copy(update={"language": "vi"})  # the text around them is approved in Vietnamese
        nothing, found = PlaceholderValues(), dict[str, str]()
        for name, template in self.parameters.items():
            most = longest.get(name, _LONGEST)
            fitting = (fill_plainly(template, one, facts.day) for one in (values, nothing))
            text = next((one for one in fitting if 0 < len(one) <= most), None)
            if text is None:
                return None
            found[name] = text
        return found


def load_templates(path: Path | None) -> tuple[MessageTemplate, ...]:
    """Read the file of approved texts.

    Raises:
        SettingsError: it cannot be read, or something in it cannot be used.
    """
    if path is None:
        return ()
    try:
        content = read_beginning(path, _MOST_BYTES)
        if len(content) > _MOST_BYTES:
            raise SettingsError(_TOO_LARGE, path=path, limit=_MOST_BYTES // 1024)
        entries = _File.model_validate(tomli.loads(content.decode())).template
    except InputError as error:
        raise SettingsError(_UNREADABLE, path=path, reason=error.values["reason"]) from None
    except UnicodeDecodeError:
        raise SettingsError(_NO_TEXT, path=path) from None
    except tomli.TOMLDecodeError as error:
        raise SettingsError(_NO_TOML, path=path, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise SettingsError(_WRONG, path=path, place="[[[[…") from None
    except ValidationError as error:
        raise SettingsError(_WRONG, path=path, place=_first_fault(error)) from None
    ids = [entry.id for entry in entries]
    if twice := next((one for one in ids if ids.count(one) > 1), None):
        raise SettingsError(_TWICE, path=path, id=twice)
    return tuple(MessageTemplate(entry.id, entry.kind, _parameters(path, entry)) for entry in entries)


def _parameters(path: Path, entry: _Entry) -> Mapping[str, Template]:
    found = {}
    for name, text in entry.parameters.items():
        parsed = parse(text)
        if not isinstance(parsed, Template):
            raise SettingsError(_PARAMETER, path=path, name=name, id=entry.id, text=text)
        found[name] = parsed
    return found


def _first_fault(error: ValidationError) -> str:
    return ".".join(map(str, error.errors()[0]["loc"]))


class TemplateBook:
    """The approved texts as Zalo has them now; asked for at the start, and again where an hour has passed."""

    def __init__(self, written: Sequence[MessageTemplate], zbs: ZbsApi, store: Store, clock: Clock, app: str) -> None:
        self._written = {one.id: one for one in written}
        self._zbs = zbs
        self._store = store
        self._clock = clock
        self._app = app
        self._asking = asyncio.Lock()

    async def refresh(self) -> Sequence[PaidTemplate]:
        """Ask Zalo for every text and keep what it says. Raises StoreError.

        Where Zalo cannot be reached, what it said before counts.
        """
        before = {one.id: one for one in (await self._store.zalo.templates(self._app))[0]}
        answers = [(one, await self._ask(one)) for one in self._written.values()]
        found = [said or _keep_before(one, before.get(one.id)) for one, said in answers]
        silent = any(said is None for _, said in answers)
        now = self._clock.now()
        await self._store.zalo.keep_templates(self._app, found, now - _FRESH + _AGAIN if silent else now)
        for one in found:
            if one.problem:
                _log.warning("zalo_template_unusable", template=one.id, problem=one.problem)
            if one.problem and one.problem != NOT_ASKED and one.id in before and before[one.id].is_usable:
                await self._store.alerts.raise_alarm(AbandonedRow.TEMPLATE, one.id, self._clock.now())
        return found

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the prices fresh until told to stop: an admin sees them before approving."""
        while not stop.is_set():
            await cancel_on(stop, self._clock.sleep(_LOOK_SECONDS))
            with contextlib.suppress(StoreError):
                await self.current()

    async def current(self) -> Sequence[PaidTemplate]:
        """Return the texts with prices that are no older than an hour. Raises StoreError."""
        if not self._written:
            return ()
        async with self._asking:
            kept, at = await self._store.zalo.templates(self._app)
            known = [one for one in kept if one.id in self._written]
            fresh = self._clock.now() - at < _FRESH and len(known) == len(self._written)
            return known if fresh else await self.refresh()

    async def _ask(self, one: MessageTemplate) -> PaidTemplate | None:
        """Return what Zalo says of a text; ``None`` where no answer came."""
        try:
            return _compare(one, await self._zbs.template(one.id))
        except OaError as error:
            if error.kind is ErrorClass.WAIT:
                return None
            return PaidTemplate(id=one.id, kind=one.kind, needs=one.needs, problem=f"{ERROR}{error.code}")
        except ChannelError:
            return None

    async def choose(self, facts: ReminderFacts) -> tuple[PaidTemplate, dict[str, str]] | None:
        """Return the text for a person's reminder with its parameters; ``None``: none fits. Raises StoreError."""
        left = list(await self.current())
        known = {name.value for name in known_placeholders(facts.values)}
        while (chosen := choose_template(left, facts.kind, known)) is not None:
            filled = self._written[chosen.id].fill(facts, chosen.longest)
            if filled is not None:
                return chosen, filled
            left.remove(chosen)
        return None


#: Problems of a text; behind the first of them stands the number of an error.
ERROR = "error "
NOT_ASKED, NOT_APPROVED, OTHER_PARAMETERS, NO_PRICE = "not_asked", "not_approved", "parameters", "price"


def _keep_before(one: MessageTemplate, before: PaidTemplate | None) -> PaidTemplate:
    """Return a text as Zalo had it before, or one that cannot be used until Zalo answers."""
    if before is not None and not before.problem and (before.needs, before.kind) == (one.needs, one.kind):
        return before
    return PaidTemplate(id=one.id, kind=one.kind, needs=one.needs, problem=NOT_ASKED)


def _compare(one: MessageTemplate, said: Mapping[str, Any]) -> PaidTemplate:
    """Return a text with the price that Zalo names for it, or with what is wrong about it."""
    listed = _listed_parameters(said)
    longest = {name: most for name, (most, _) in listed.items()}
    required = {name for name, (_, needed) in listed.items() if needed}
    price, phone_price = _dong(said, "price_uid", "priceUid"), _dong(said, "price_sdt", "priceSdt", "price")
    problem = None
    if str(_first(said, "status", "templateStatus", "template_status")).upper() not in _ENABLED:
        problem = NOT_APPROVED
    elif not required <= set(one.parameters) <= set(listed):
        problem = OTHER_PARAMETERS
    elif price is None:
        problem = NO_PRICE
    return PaidTemplate(
        id=one.id, kind=one.kind, needs=one.needs, price=price, phone_price=phone_price, problem=problem,
        longest=longest,
    )  # fmt: skip


def _listed_parameters(said: Mapping[str, Any]) -> Mapping[str, tuple[int, bool]]:
    """Return the parameters by name: how long each may be, and whether it must be given."""
    listed, found = _first(said, "listParams", "list_params"), dict[str, tuple[int, bool]]()
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, Mapping):
            continue
        most = str(_first(one, "maxLength", "max_length", "max"))
        needed = str(_first(one, "require", "required", default=True)).lower() not in {"false", "0"}
        found[str(one.get("name"))] = int(most) if most.isdecimal() and len(most) < 6 else _LONGEST, needed
    return found


def _dong(said: Mapping[str, Any], *names: str) -> int | None:
    """Return a price in whole dong, rounded up; Zalo writes ``200``, ``"200"`` or ``"200.0"``."""
    try:
        price = float(str(_first(said, *names)))
    except ValueError:
        return None
    return math.ceil(price) if 0 <= price <= 1_000_000 else None


def _first(said: Mapping[str, Any], *names: str, default: object = "") -> object:
    """Return the first of these fields that is there: Zalo's pages write them in two ways."""
    return next((said[name] for name in names if said.get(name) is not None), default)
