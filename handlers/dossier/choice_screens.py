"""Choose the unit of a dossier where the role names none, and the admin who gets it where there are several."""

from handlers.access import format_role
from handlers.core import BACK, Context, HandlerResult, Option, OptionsOnlyScreen, Page, back_option, current_rights
from handlers.dossier.opened import (
    EVENTS,
    HAND_OVER,
    LIST,
    MAIN,
    NOT_YOURS,
    UNIT,
    OpenDossier,
    current_dossier,
    gone_page,
    id_of,
    open_record,
)
from handlers.model import Act, DossierRecord, Grant, RequestOffice, Rights, Unit
from locales import N_

WITHOUT = "-"
#: Units that are offered for a typed name.
_MOST_UNITS = 8


async def begin_dossier(here: Context, rights: Rights, named: str = "") -> HandlerResult:
    """Begin a dossier for the unit of the role, or for a named one within reach; ask where neither says which."""
    codes = [here.session.unit or "", *rights.reach(Act.MAKE_DOSSIERS).units]
    if named:
        sure = [one.code for one in _find_units(here, rights, named, sure=True)]
        codes = [named.upper(), *(sure if len(sure) == 1 else [])]
    fitting = (code for code in codes if here.world.units.get(code) and rights.may(Act.MAKE_DOSSIERS, code))
    if unit := next(fitting, None):
        return await _begin_for(here, rights, unit)
    if named and not _find_units(here, rights, named):
        return HandlerResult(here.session, notes=(here.say(_NO_UNIT, name=named),))
    return HandlerResult(here.session.with_screen(UNIT, about=named))


_NO_UNIT = N_("I find no unit “{name}” within your reach.")


def _find_units(here: Context, rights: Rights, named: str, *, sure: bool = False) -> list[Unit]:
    found = here.world.units.find(named, _MOST_UNITS, today=here.today) if named else []
    units = dict.fromkeys(one.unit for one in found if one.sure or not sure)
    return [one for one in units if one.is_open(here.today) and rights.may(Act.MAKE_DOSSIERS, one.code)]


async def _begin_for(here: Context, rights: Rights, unit: str | None) -> HandlerResult:
    record = await here.world.admin.dossiers.save(rights, DossierRecord(unit=unit))
    if record is None:
        return HandlerResult(here.session, notes=(here.say(NOT_YOURS),))
    known = open_record(here, record).context.unit
    screen = MAIN if known and known.paths else EVENTS
    return HandlerResult(here.session.with_screen(screen, about=record.id))


class DossierUnitScreen:
    """Asks for which unit a dossier is, where the role is not one of a unit."""

    async def page(self, here: Context) -> Page:
        """Offer the units of a typed name."""
        t, rights = here.say.t, await current_rights(here)
        found = _find_units(here, rights, here.session.about or "")
        options = [Option(one.code, one.body, (one.code.lower(),)) for one in found]
        if rights.may(Act.MAKE_DOSSIERS, None):
            options.append(Option(WITHOUT, t(N_("It is in no list: go on without a unit")), ("khong co", "without")))
        told = here.say(N_("Type its name, such as “xã Nhơn Trạch”, or its code."))
        title = here.say(N_("<b>For which unit is the dossier?</b>"))
        return Page(title, (told,), (*options, back_option(t)), numbers="values")

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Begin it."""
        if value == BACK:
            return HandlerResult(here.session.with_screen(LIST))
        rights = await current_rights(here)
        return await _begin_for(here, rights, None if value == WITHOUT else value)

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Look for a name."""
        return await begin_dossier(here, await current_rights(here), text.strip())


async def begin_handing_over(here: Context, found: OpenDossier) -> HandlerResult:
    """Hand it to the only admin there is, or ask which one gets it."""
    rights = await current_rights(here)
    those = await here.world.admin.dossiers.receivers(rights, found.record.id)
    if len(those) > 1:
        return HandlerResult(here.session.with_screen(HAND_OVER, about=found.record.id))
    office = await here.world.admin.dossiers.hand_over(rights, found.record.id)
    return _handed_over(here, office)


def _handed_over(here: Context, office: RequestOffice | None) -> HandlerResult:
    if office is None:
        return HandlerResult(here.session, notes=(here.say(N_("No admin of this unit can be found to hand it to.")),))
    unit = here.world.units.name(office.unit)
    note = here.say(N_("The dossier and its requests are with the admin now ({unit})."), unit=unit or "–")
    return HandlerResult(here.session.with_screen(LIST), notes=(note,))


class DossierHandScreen(OptionsOnlyScreen):
    """Asks which admin gets a dossier."""

    async def page(self, here: Context) -> Page:
        """Offer the admins above the unit, the nearest first."""
        found, rights = await current_dossier(here), await current_rights(here)
        if found is None:
            return gone_page(here)
        those = await here.world.admin.dossiers.receivers(rights, found.record.id)
        options = [Option(one.id, _format_receiver(here, rights, one), (one.id.lower(),)) for one in those]
        title = here.say(N_("<b>Who gets dossier {dossier} and its requests?</b>"), dossier=found.record.id)
        told = here.say(N_("It is no longer yours then."))
        return Page(title, (told,), (*options, back_option(here.say.t)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Give it, or go back."""
        dossier = id_of(here.session)
        if value == BACK:
            return HandlerResult(here.session.with_screen(MAIN, about=dossier))
        rights = await current_rights(here)
        return _handed_over(here, await here.world.admin.dossiers.hand_over(rights, dossier, value))


def _format_receiver(here: Context, rights: Rights, grant: Grant) -> str:
    """Name an admin by role, unit and number; by the name they were invited with only to whoever may see holders."""
    named = grant.label if grant.label and rights.may(Act.SEE_HOLDERS, grant.unit) else ""
    return " · ".join(
        filter(None, (format_role(here.say.t, here.world.units, grant.role, grant.unit), named, grant.id))
    )
