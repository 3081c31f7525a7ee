"""The commands of those with a role."""

from handlers.command import Command
from handlers.office.screens.picture import picture
from locales import N_

ADMIN_COMMANDS = (
    Command("thongke", N_("numbers of the units I look after"), picture, ("stats", "bieudo"), before_consent=True),
)
