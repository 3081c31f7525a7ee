"""The commands of those with a role: in nobody's menu, in the help of those who may use them."""

from handlers.command import Command
from handlers.office.rights import Act
from handlers.page import Answered
from handlers.screen import Here
from locales import N_


async def _export(here: Here, _: str) -> Answered:
    return Answered(here.session.aside("export"))


ADMIN_COMMANDS = (Command("xuat", N_("export requests"), _export, needs=Act.EXPORT_REQUESTS),)
