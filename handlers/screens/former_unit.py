"""A former unit was named: what became of it, and whether that is the officer's unit today."""

from handlers.belonging import joined, steps
from handlers.office.units import Became, Succession, Unit
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.screens.unit import onward
from locales import N_

NO = "no"
#: Codes of units have no colon, and none of the other buttons has this before it.
_MARK = "unit:"
_BECAME = N_("<b>{former} is {unit} today. Is that your unit?</b>")
_BECAME_SEVERAL = N_("<b>{former} became several units. Which one is yours today?</b>")
_CEASED = N_("<b>{former} has ceased. Is {unit} your unit today?</b>")
_CEASED_INTO_SEVERAL = N_("<b>{former} has ceased. Which of these is your unit today?</b>")
_YES = ("dung", "dung roi", "co", "phai", "vang", "ok", "yes")


class FormerUnit(NoText):
    """Names the unit of today, since when and by which document; where there are several, one is chosen."""

    async def page(self, here: Here) -> Page:
        """A yes for each unit of today, and a no."""
        say, now = here.say, _now(here)
        former = here.world.units.path_name(here.session.about)
        no = Option(NO, say.t(N_("No, another unit")), ("khong", "khong phai", "no", "sai"))
        ceased = any(path[0].became is Became.ENDED for _, path in now)
        if len(now) == 1:
            ask = say(_CEASED if ceased else _BECAME, former=former, unit=here.world.units.path_name(now[0][0].code))
            yes = say.t(N_("Yes, {unit}"), unit=here.world.units.path_name(now[0][0].code))
            return Page(ask, (steps(here, now[0][1]),), (Option(f"{_MARK}{now[0][0].code}", yes, _YES), no), exact=True)
        ask = say(_CEASED_INTO_SEVERAL if ceased else _BECAME_SEVERAL, former=former)
        options = (Option(f"{_MARK}{unit.code}", here.world.units.path_name(unit.code)) for unit, _ in now)
        return Page(ask, tuple(steps(here, path) for _, path in now), (*options, no), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """The unit of today, with what became of the former one; or another name."""
        for unit, path in _now(here):
            if value == f"{_MARK}{unit.code}":
                session, notes = joined(here, unit, path)
                return Answered(onward(here.with_session(session)), notes=notes)
        session = here.session
        return Answered(session.with_screen("unit", came_from=session.came_from, ticked=session.ticked))


def _now(here: Here) -> list[tuple[Unit, tuple[Succession, ...]]]:
    """Units of today that came of the former one, each once; none where the list no longer knows it."""
    units, former = here.world.units, here.session.about
    distinct: dict[str, tuple[Unit, tuple[Succession, ...]]] = {}
    for unit, path in units.current_units(former, here.today) if former and units.get(former) else ():
        if path:
            distinct.setdefault(unit.code, (unit, path))
    return list(distinct.values())
