"""Requests given to the unit that they belong to."""

from bot.store import places
from bot.store.contents import content_of, without_decision
from bot.store.drivers import Call
from bot.store.office.acting import Acting
from bot.store.reading import readable
from handlers.office.handing_on import Placing, home
from handlers.office.units import UnitDirectory
from rules.calendar import vietnamese_day

#: Requests read at a time.
BATCH = 500


async def put(acting: Acting, code: str, revision: int, unit: str) -> bool:
    """Place a request that is as it was seen; false where it is not any more.

    The unit stands in the sealed content as well, so that an amendment by the officer keeps it. What the officer
    called the managing body stays.
    """
    (rows,) = await acting.ask(Call("sealed_request", {"code": code}))
    if not rows:
        return False
    sealed = rows[0][0]
    found = readable(acting.keyring, places.content(code), lambda: content_of(acting.keyring, code, sealed))
    if found is not None:  # one that cannot be read is placed, and stays as it is
        content = found.model_copy(update={"unit_code": unit})
        sealed = acting.keyring.seal(content.model_dump_json(), places.content(code))
    row = {"code": code, "revision": revision, "unit": unit, "content": sealed}
    (changed,) = await acting.ask(Call("place_request", row))
    return bool(changed)


async def homeless(acting: Acting, units: UnitDirectory) -> tuple[Placing, ...]:
    """Requests of no unit whose managing body goes by the name of one; each name is looked up once."""
    today, homes, found, after = vietnamese_day(acting.now), dict[str, str | None](), list[Placing](), 0
    while True:
        (rows,) = await acting.ask(Call("homeless_requests", {"after": after, "limit": BATCH}))
        if not rows:
            return tuple(found)
        for code, _, revision, sealed in rows:
            name = _managing_body(acting, code, sealed)
            if name not in homes:
                homes[name] = home(units, name, today)
            if unit := homes[name]:
                found.append(Placing(code, revision, unit))
        after = rows[-1][1]


def _managing_body(acting: Acting, code: str, sealed: bytes) -> str:
    """As it was typed; nothing where the request cannot be read, which stays where it is."""
    keyring = acting.keyring
    found = readable(keyring, places.content(code), lambda: without_decision(keyring, code, sealed))
    return found.unit if found else ""
