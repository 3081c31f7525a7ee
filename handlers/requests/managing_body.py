"""The managing body of a request in the tree of units: by its present name, with its code."""

from handlers.office.units import Unit
from handlers.screen import Here
from handlers.session import Draft

#: More units of one name than this are not told apart by a button.
MOST = 8


def settled(here: Here, name: str) -> Unit | None:
    """The one unit of today that goes by exactly this name; the officer's own where several do."""
    present = [one.unit for one in here.world.units.find(name, MOST, today=here.today) if one.sure and not one.path]
    open_ = [unit for unit in present if unit.is_open(here.today)]
    own = [unit for unit in open_ if unit.code == here.session.unit]
    candidates = own or open_
    return candidates[0] if len(candidates) == 1 else None


def offered(here: Here, name: str) -> list[Unit]:
    """Units of today to choose from, where the name is a former one's or several units'; none where it is settled."""
    if settled(here, name):
        return []
    found = [one.unit for one in here.world.units.find(name, MOST, today=here.today) if one.sure]
    return [unit for unit in dict.fromkeys(found) if unit.is_open(here.today)]


def own(here: Here) -> Unit | None:
    """The officer's unit, while it is open."""
    unit = here.world.units.get(here.session.unit)
    return unit if unit and unit.is_open(here.today) else None


def with_body(draft: Draft, name: str, unit: Unit | None) -> Draft:
    """The draft with this managing body: as the tree names it, else as it was typed and without a code."""
    fields = {**draft.fields, "unit": unit.body if unit else name}
    return draft.model_copy(update={"fields": fields, "unit_code": unit.code if unit else None})


def asked_again(here: Here, draft: Draft) -> Draft | None:
    """The draft with the managing body open, where that has ended since it was taken; ``None`` while it stands."""
    unit = here.world.units.get(draft.unit_code)
    if unit is None or unit.is_open(here.today):
        return None
    name = draft.fields["unit"]
    doubted = name if offered(here, name) else None
    return draft.model_copy(update={"editing": "unit", "doubted": doubted, "unit_code": None})
