"""What lies on units: counted, and given to the unit that took another's place."""

from collections import defaultdict

from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.office.acting import Acting
from handlers.office.handing_on import Fate, Held


async def held_by_unit(acting: Acting) -> dict[str, Held]:
    """By the code of the unit; units on which nothing lies are not named."""
    (rows,) = await acting.ask(Call("held_by_units", {"now": stored(acting.now)}))
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for unit, what, number in rows:
        counts[unit][what] = number
    return {unit: Held(**numbers) for unit, numbers in counts.items()}


async def hand_on(acting: Acting, fate: Fate) -> None:
    """Requests, officers and the register of an ended unit to its heir; what a request says stays as it was sent."""
    if fate.heir:
        units = {"former": fate.unit.code, "successor": fate.heir.code}
        calls = Call("hand_on_requests", units), Call("hand_on_officers", units), Call("hand_on_standings", units)
        await acting.ask(*calls)
