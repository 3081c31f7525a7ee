"""What somebody may do at this moment, by the name under which they acted."""

from bot.store.drivers import Call, Rows
from bot.store.office.acting import Acting
from bot.store.office.units import read_units
from bot.store.powers import genuine_grants
from bot.store.sealing import Keyring
from handlers.office.rights import MACHINE, Grant, Rights, Role


async def rights_behind(acting: Acting, actor: str) -> Rights:
    """By all the roles of the person who has or had the role ``actor``; none where nobody is known by that name."""
    units = await read_units(acting.ask)
    if actor == MACHINE:
        return Rights.operator(units)
    (rows,) = await acting.ask(Call("grants_behind", {"id": actor}))
    return Rights.of(grants_of(acting.keyring, rows), units)


def grants_of(keyring: Keyring, rows: Rows) -> tuple[Grant, ...]:
    """Rows of ``{grant}`` as roles, where they give any; how their people are called stays sealed."""
    return tuple(Grant(row[0], Role(row[1]), row[2]) for row in genuine_grants(keyring, rows))
