"""Whose certificates there are in a unit."""

from collections import defaultdict
from random import Random

from bot.demo import names
from bot.demo.certificates import SUPERIOR, Named
from bot.demo.province import TOP
from bot.demo.stories import Story
from handlers.office.units import Became, Unit, UnitDirectory
from rules.facts import Event, Subject

_SCHOOLS = ("TRƯỜNG THCS", "TRƯỜNG TIỂU HỌC", "TRƯỜNG MẦM NON", "TRẠM Y TẾ")
_SYSTEMS = ("Hệ thống một cửa điện tử", "Cổng thông tin điện tử", "Máy chủ văn bản")
_OWN = frozenset({Event.MERGED_INTO_NEW, Event.MERGED_INTO_EXISTING, Event.DISSOLVED})


class Naming:
    """Knows what each unit was formed from."""

    def __init__(self, directory: UnitDirectory) -> None:
        self._directory = directory
        self._formed_from: defaultdict[str, list[Unit]] = defaultdict(list)
        for one in directory.successions:
            if one.became is Became.MERGED_INTO_NEW:
                self._formed_from[one.successor].append(directory.units[one.former])
        self.working = tuple(unit for unit in directory.units.values() if unit.closed_on is None)

    def managing_body(self, unit: Unit) -> Unit:
        """The managing body of a unit: a commune for its offices."""
        above = self._directory.get(unit.parent)
        return unit if above is None or above.code == TOP else above

    def is_formed_from_others(self, unit: Unit) -> bool:
        """Whether a body was formed from others."""
        return unit.code in self._formed_from

    def make_holder(self, story: Story, unit: Unit, number: int, chosen: Random) -> Named:
        """The certificate a story is about."""
        if story.subject is Subject.INDIVIDUAL:
            return self._person_holder(unit, number, chosen)
        if story.subject is Subject.DEVICE:
            return _named(
                story.subject, f"{chosen.choice(_SYSTEMS)} {_place(unit)}", self.managing_body(unit).name, number
            )
        return self._organisation_holder(story, self.managing_body(unit), number, chosen)

    def _person_holder(self, unit: Unit, number: int, chosen: Random) -> Named:
        name, body = names.person(chosen), self.managing_body(unit)
        bodies = tuple(dict.fromkeys(one.name for one in (body, unit) if one.code != TOP))
        return Named(Subject.INDIVIDUAL, name, "UBND tỉnh Mẫu", bodies, names.email(name, number))

    def _organisation_holder(self, story: Story, body: Unit, number: int, chosen: Random) -> Named:
        former = self._formed_from.get(body.code)
        if former and not _OWN.isdisjoint(story.events):
            own = chosen.choice(former)
            return _named(story.subject, own.name.upper(), self._directory.name(own.parent).upper(), number)
        name = f"{chosen.choice(_SCHOOLS)} {_place(body).upper()}"
        return _named(story.subject, name, body.name.upper() if body.code != TOP else SUPERIOR, number)


def _named(subject: Subject, name: str, superior: str, number: int) -> Named:
    return Named(subject, name, superior, (), names.email(name, number))


def _place(unit: Unit) -> str:
    """The part of a unit's name that no other unit of its kind has."""
    return "Mẫu" + unit.name.partition("Mẫu")[2]
