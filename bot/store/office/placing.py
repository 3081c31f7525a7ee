"""A request given to the unit that it belongs to."""

from bot.store import places
from bot.store.contents import content_of
from bot.store.drivers import Call
from bot.store.office.acting import Acting


async def put(acting: Acting, code: str, revision: int, unit: str) -> bool:
    """Place a request that is as it was seen; false where it is not any more.

    The unit stands in the sealed content as well, so that an amendment by the officer keeps it. What the officer
    called the managing body stays.
    """
    (rows,) = await acting.ask(Call("sealed_request", {"code": code}))
    if not rows:
        return False
    content = content_of(acting.keyring, code, rows[0][0]).model_copy(update={"unit_code": unit})
    sealed = acting.keyring.seal(content.model_dump_json(), places.content(code))
    row = {"code": code, "revision": revision, "unit": unit, "content": sealed}
    (changed,) = await acting.ask(Call("place_request", row))
    return bool(changed)
