"""Which rights the person of a conversation holds."""

from handlers.office.people_words import covered
from handlers.office.rights import Rights
from handlers.screen import Here


async def rights_of(here: Here) -> Rights:
    """Their rights at this moment: asked for in every turn, so that a role that ended reaches no further."""
    return Rights.of(await here.world.admin.people.mine(), here.world.units)


async def labels_of(here: Here, rights: Rights) -> dict[str, str]:
    """How those within reach are called, by the id of their role: people know each other by name, not by number."""
    return {holder.id: holder.label for holder in await here.world.admin.people.holders(rights)}


def roles_told(here: Here, rights: Rights) -> str:
    """All roles of a person, with what they cover."""
    units = here.world.units
    return "; ".join(covered(here.say.t, units, grant.role, grant.unit) for grant in rights.grants)
