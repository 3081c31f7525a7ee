"""The commands of those with a role."""

from handlers.command import Command
from handlers.office.screens.export import export
from locales import N_

ADMIN_COMMANDS = (Command("xuat", N_("export requests"), export, ("export",), before_consent=True),)
