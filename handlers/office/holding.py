"""Which rights the person of a conversation holds."""

from handlers.office.rights import Rights
from handlers.screen import Here


async def rights_of(here: Here) -> Rights:
    """Their rights at this moment: asked for in every turn, so that a role that ended reaches no further."""
    return Rights.of(await here.world.admin.people.mine(), here.world.units)
