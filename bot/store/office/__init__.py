"""What admins see and do, over the tables: implements the ports of ``handlers.ports.Office``."""

from bot.store.office.acting import Acting
from bot.store.office.bundle import StoredOffice
from bot.store.office.register import StoredRegister

__all__ = ["Acting", "StoredOffice", "StoredRegister"]
