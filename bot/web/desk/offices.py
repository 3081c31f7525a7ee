"""The pages of receiving offices: what counts for a unit, how sure it is, and how one is set, confirmed, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.responses import Response

from bot.web.desk.filters import find_unit
from bot.web.desk.requests import today_of
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.access import format_actor
from handlers.core import capitalize_first, format_office
from handlers.model import (
    FILED_PROCEDURES,
    Act,
    ChosenOffice,
    OfficeDraft,
    OfficeLine,
    OfficeOutcome,
    OfficeResult,
    list_offices,
    locate_unit,
)
from handlers.offices import (
    FILED_LABELS,
    NEEDED_FIELDS,
    OFFICE_FIELDS,
    OFFICE_OUTCOMES,
    format_checked,
    format_filed,
    format_office_scope,
)
from locales import N_
from rules.offices import GENERAL, Office, OfficeDirectory, OfficeStatus
from rules.pack import Pack

_MOST_PROPOSED, _SHOWN = 300, 200
_PATH = "/desk/offices"
_NO_UNIT = N_("There is no such unit within your reach.")
_NO_OFFICE = OFFICE_OUTCOMES[OfficeOutcome.UNKNOWN]
_NOTHING_RECEIVED = N_("Please choose at least one thing that the office receives.")
_WAY_BACK = N_("The way back: “Take it back”; then what counted before counts again.")


def _to_revision(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else -1


def _address(unit: str | None, **further: str) -> str:
    query = urlencode({**({"unit": unit} if unit else {}), **further})
    return f"{_PATH}?{query}" if query else _PATH


def _values_of(office: Office) -> dict[str, str]:
    """Return what the form shows of an office as it counts now."""
    typed = {name: getattr(office, name) or "" for name in OFFICE_FIELDS}
    return {**typed, **{f"p_{one}": "1" for one in office.procedures}, "status": office.status.value}


@dataclass(frozen=True, slots=True)
class OfficePages:
    """The pages of receiving offices over a pack, with the operator's one office where there is one."""

    pack: Pack
    general: str | None = None

    def routes(self) -> tuple[DeskRoute, ...]:
        """Return their addresses."""
        act = Act.CHANGE_OFFICES
        return (
            DeskRoute("GET", _PATH, act, self._show),
            DeskRoute("GET", f"{_PATH}/new", act, self._show_new),
            DeskRoute("POST", f"{_PATH}/new", act, self._add),
            DeskRoute("GET", f"{_PATH}/{{name}}", act, self._show_one),
            DeskRoute("POST", f"{_PATH}/{{name}}", act, self._change),
            DeskRoute("POST", f"{_PATH}/{{name}}/confirm", act, self._confirm),
            DeskRoute("POST", f"{_PATH}/{{name}}/withdraw", act, self._withdraw),
        )

    def _unit_of(self, visit: DeskVisit, typed: str) -> tuple[str | None, bool]:
        """Return the unit that is looked at, and whether it is within reach; ``None``: everybody."""
        if not typed:
            reach = visit.rights.reach(Act.CHANGE_OFFICES)
            return (None, True) if reach.everything else (reach.units[0], True)
        unit = find_unit(typed[:300], visit.units, today_of(visit))
        return unit, unit is not None and visit.rights.may(Act.CHANGE_OFFICES, unit)

    async def _lines(self, visit: DeskVisit, unit: str | None) -> tuple[OfficeLine, ...]:
        chosen = await visit.admin.offices.chosen(visit.rights)
        offices = self.pack.covering(locate_unit(visit.units, unit)).offices
        return list_offices(OfficeDirectory.of(offices, self.general), chosen, visit.units.line(unit))

    async def _show(self, visit: DeskVisit) -> Response:
        """Show what counts for a unit, and every office that was set within reach."""
        unit, within = self._unit_of(visit, visit.param("unit", 300).strip())
        if not within:
            return visit.sorry(_NO_UNIT, 404)
        done = visit.param("done", 20)
        told = visit.say.t(OFFICE_OUTCOMES[OfficeOutcome(done)]) if done in set(OfficeOutcome) else ""
        told += f" {visit.say.t(_WAY_BACK)}" if done == OfficeOutcome.SAVED else ""
        return await self._page(visit, unit, told)

    async def _page(self, visit: DeskVisit, unit: str | None, told: str, *, asked: str = "") -> Response:
        t, labels = visit.say.t, await visit.labels()
        lines = await self._lines(visit, unit)
        chosen = [one for one in await visit.admin.offices.chosen(visit.rights) if self._may(visit, one.unit)]
        proposed = (one for one in visit.units.in_order if visit.rights.may(Act.CHANGE_OFFICES, one.code))
        return visit.page(
            "desk_offices.html", told=told, unit=unit or "", scope=format_office_scope(t, visit.units, unit),
            lines=[self._line(visit, unit, one) for one in lines], asked=asked,
            rows=[self._row(visit, one, labels) for one in chosen[::-1][:_SHOWN]], total=len(chosen),
            proposed=[(one.code, one.name) for one, _ in zip(proposed, range(_MOST_PROPOSED), strict=False)],
            may_for_all=visit.rights.reach(Act.CHANGE_OFFICES).everything,
        )  # fmt: skip

    def _may(self, visit: DeskVisit, unit: str | None) -> bool:
        return visit.rights.may(Act.CHANGE_OFFICES, unit)

    def _line(self, visit: DeskVisit, unit: str | None, line: OfficeLine) -> dict[str, object]:
        """Return an office that counts for the unit, where it was set, and what can be done about it here."""
        t, office, chosen = visit.say.t, line.office, line.chosen
        here = chosen is not None and chosen.unit == unit and self._may(visit, chosen.unit)
        return {
            "filed": capitalize_first(format_filed(t, line.procedures)),
            "office": format_office(office, t) if office else "",
            "checked": capitalize_first(format_checked(t, office)) if office else "",
            "due": bool(office and office.id != GENERAL and office.is_due(today_of(visit))),
            "source": office.source if office and office.id != GENERAL else "",
            "where": self._where(visit, office, chosen),
            "id": chosen.office.id if chosen and here else "",
            "revision": chosen.revision if chosen and here else 0,
            "new": urlencode(
                {
                    **({"unit": unit} if unit else {}),
                    **({"like": office.id} if office and office.id != GENERAL else {}),
                    "for": " ".join(line.procedures),
                }
            ),
        }

    def _where(self, visit: DeskVisit, office: Office | None, chosen: ChosenOffice | None) -> str:
        t = visit.say.t
        if office is None:
            return ""
        if chosen:
            return t(N_("set for: {unit}"), unit=format_office_scope(t, visit.units, chosen.unit))
        return t(N_("set by the operator")) if office.id == GENERAL else t(N_("from the rule pack"))

    def _row(self, visit: DeskVisit, one: ChosenOffice, labels: Mapping[str, str]) -> dict[str, object]:
        t = visit.say.t
        return {
            "id": one.office.id,
            "unit": format_office_scope(t, visit.units, one.unit),
            "office": format_office(one.office, t),
            "filed": capitalize_first(format_filed(t, one.office.procedures)),
            "checked": capitalize_first(format_checked(t, one.office)),
            "due": one.office.is_due(today_of(visit)),
            "by": format_actor(t, one.by, labels),
            "at": one.changed_at,
        }

    async def _show_new(self, visit: DeskVisit) -> Response:
        """Show a form for a new office, filled with what counts so far."""
        unit, within = self._unit_of(visit, visit.param("unit", 300).strip())
        if not within:
            return visit.sorry(_NO_UNIT, 404)
        lines = await self._lines(visit, unit)
        like = next((one.office for one in lines if one.office and one.office.id == visit.param("like", 60)), None)
        wanted = visit.param("for").split()
        received = [one for one in FILED_PROCEDURES if one.value in wanted or not wanted]
        values = (
            {name: getattr(like, name) or "" for name in OFFICE_FIELDS} if like else dict.fromkeys(OFFICE_FIELDS, "")
        )
        values |= {f"p_{one}": "1" for one in received}
        return self._form(visit, unit, values)

    async def _find(self, visit: DeskVisit) -> ChosenOffice | None:
        name = str(visit.request.path_params["name"])[:20].upper()
        chosen = await visit.admin.offices.chosen(visit.rights)
        return next((one for one in chosen if one.office.id == name and self._may(visit, one.unit)), None)

    async def _show_one(self, visit: DeskVisit) -> Response:
        """Show the form of an office that was set, or ask whether it is to be taken back."""
        found = await self._find(visit)
        if found is None:
            return visit.sorry(_NO_OFFICE, 404)
        return self._form(visit, found.unit, _values_of(found.office), found)

    def _form(  # noqa: PLR0913 - what is on the page
        self,
        visit: DeskVisit,
        unit: str | None,
        values: Mapping[str, str],
        found: ChosenOffice | None = None,
        *,
        wrong: Mapping[str, str] | None = None,
        told: str = "",
        status: int = 200,
    ) -> Response:
        t = visit.say.t
        return visit.page(
            "desk_office.html", status=status, told=told, unit=unit or "",
            scope=format_office_scope(t, visit.units, unit),
            id=found.office.id if found else "", revision=found.revision if found else 0,
            checked=capitalize_first(format_checked(t, found.office)) if found else "", wrong=wrong or {},
            values={**dict.fromkeys(OFFICE_FIELDS, ""), "status": OfficeStatus.ASSUMED.value, **values},
            fields=[(name, t(one.title), t(one.help), name in NEEDED_FIELDS) for name, one in OFFICE_FIELDS.items()],
            procedures=[(f"p_{one}", capitalize_first(t(FILED_LABELS[one]))) for one in FILED_PROCEDURES],
        )  # fmt: skip

    def _read(self, visit: DeskVisit) -> tuple[OfficeDraft | None, dict[str, str], dict[str, str]]:
        """Return the draft of the posted form, what was typed, and what is wrong by field."""
        form, t, wrong = visit.form, visit.say.t, dict[str, str]()
        typed = {name: form.get(name)[:1000].strip() for name in OFFICE_FIELDS}
        cleaned: dict[str, str | None] = {}
        for name, field in OFFICE_FIELDS.items():
            cleaned[name] = field.clean(typed[name]) if typed[name] else None
            if cleaned[name] is None and (typed[name] or name in NEEDED_FIELDS):
                wrong[name] = t(field.wrong)
        received = tuple(one for one in FILED_PROCEDURES if form.get(f"p_{one}"))
        if not received:
            wrong["procedures"] = t(_NOTHING_RECEIVED)
        confirmed = form.get("status") == OfficeStatus.CONFIRMED
        values = {**typed, **{f"p_{one}": "1" for one in received}, "status": form.get("status")[:20]}
        if wrong:
            return None, values, wrong
        try:
            draft = OfficeDraft.model_validate({**cleaned, "procedures": received, "last_checked": today_of(visit)})
        except ValidationError:
            return None, values, {"name": t(OFFICE_OUTCOMES[OfficeOutcome.INVALID])}
        return (draft.confirmed(today_of(visit)) if confirmed else draft), values, wrong

    async def _add(self, visit: DeskVisit) -> Response:
        """Set an office for a unit and all below it."""
        unit, within = self._unit_of(visit, visit.form.get("unit").strip())
        if not within:
            return visit.sorry(_NO_UNIT, 404)
        draft, values, wrong = self._read(visit)
        if draft is None:
            return self._form(visit, unit, values, wrong=wrong, status=400)
        shown = [line.office for line in await self._lines(visit, unit) if line.office]
        if draft.confirms_by_assumption(shown):
            return self._after(visit, unit, OfficeResult(OfficeOutcome.NO_SOURCE), values)
        result = await visit.admin.offices.add(visit.rights, unit, draft)
        return self._after(visit, unit, result, values)

    async def _change(self, visit: DeskVisit) -> Response:
        """Replace what is known of an office, as it was seen."""
        found = await self._find(visit)
        if found is None:
            return visit.sorry(_NO_OFFICE, 404)
        draft, values, wrong = self._read(visit)
        if draft is None:
            return self._form(visit, found.unit, values, found, wrong=wrong, status=400)
        seen = _to_revision(visit.form.get("revision"))
        result = await visit.admin.offices.change(visit.rights, found.office.id, seen, draft)
        return self._after(visit, found.unit, result, values, found)

    def _after(
        self,
        visit: DeskVisit,
        unit: str | None,
        result: OfficeResult,
        values: Mapping[str, str],
        found: ChosenOffice | None = None,
    ) -> Response:
        if result.outcome is OfficeOutcome.SAVED:
            return visit.to(_address(unit, done=result.outcome))
        told = visit.say.t(OFFICE_OUTCOMES[result.outcome])
        if result.outcome is OfficeOutcome.NO_SOURCE:
            return self._form(visit, unit, {**values, "source": ""}, found, wrong={"source": told}, status=409)
        if result.outcome is OfficeOutcome.OVERTAKEN and result.office:
            return self._form(visit, unit, _values_of(result.office.office), result.office, told=told, status=409)
        if result.outcome is OfficeOutcome.TAKEN and result.office:
            told += f" {format_office(result.office.office, visit.say.t)} ({result.office.office.id})"
        return self._form(visit, unit, values, found, told=told, status=409)

    async def _confirm(self, visit: DeskVisit) -> Response:
        """Note that an office was confirmed today."""
        found = await self._find(visit)
        if found is None:
            return visit.sorry(_NO_OFFICE, 404)
        draft = OfficeDraft.of(found.office, found.office.procedures).confirmed(today_of(visit))
        seen = _to_revision(visit.form.get("revision"))
        result = await visit.admin.offices.change(visit.rights, found.office.id, seen, draft)
        if result.outcome is OfficeOutcome.NO_SOURCE:
            values = _values_of(found.office) | {"status": OfficeStatus.CONFIRMED.value}
            return self._after(visit, found.unit, result, values, found)
        return visit.to(_address(found.unit, done=result.outcome))

    async def _withdraw(self, visit: DeskVisit) -> Response:
        """Take an office back, once that was confirmed."""
        found = await self._find(visit)
        if found is None:
            return visit.sorry(_NO_OFFICE, 404)
        if visit.form.get("sure") != "1":
            return await self._page(visit, found.unit, "", asked=found.office.id)
        seen = _to_revision(visit.form.get("revision"))
        result = await visit.admin.offices.withdraw(visit.rights, found.office.id, seen)
        return visit.to(_address(found.unit, done=result.outcome))
