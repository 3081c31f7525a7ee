"""The rights of the person in this conversation, read again in every turn."""

from handlers.core.screen import Context
from handlers.model.rights import Rights


async def current_rights(here: Context) -> Rights:
    """Return the person's rights at this moment; they are read in every turn, so that an ended role has no effect."""
    return Rights.of(await here.world.admin.people.mine(), here.world.units)


async def holder_labels(here: Context, rights: Rights) -> dict[str, str]:
    """Return the names of the people within reach by the id of their role, because people know names, not numbers."""
    return {holder.id: holder.label for holder in await here.world.admin.people.holders(rights)}
