"""Which rights the person of a conversation holds."""

from handlers.access.roles_text import format_role
from handlers.core.screen import Context
from handlers.model.rights import Rights


async def current_rights(here: Context) -> Rights:
    """Their rights at this moment: asked for in every turn, so that a role that ended reaches no further."""
    return Rights.of(await here.world.admin.people.mine(), here.world.units)


async def holder_labels(here: Context, rights: Rights) -> dict[str, str]:
    """How those within reach are called, by the id of their role: people know each other by name, not by number."""
    return {holder.id: holder.label for holder in await here.world.admin.people.holders(rights)}


def format_roles(here: Context, rights: Rights) -> str:
    """All roles of a person, with what they cover."""
    units = here.world.units
    return "; ".join(format_role(here.say.t, units, grant.role, grant.unit) for grant in rights.grants)
