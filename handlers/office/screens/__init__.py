"""The screens of those with a role, by the name a session and its buttons know them by."""

from handlers.office.screens.export import Export
from handlers.office.screens.imported import Imported
from handlers.screen import Screen

__all__ = ["ADMIN_SCREENS"]

ADMIN_SCREENS: dict[str, Screen] = {
    "export": Export(),
    "import": Imported(),
}
