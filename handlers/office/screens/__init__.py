"""The screens of those with a role, by the name a session and its buttons know them by."""

from handlers.office.screens.picture import Picture
from handlers.screen import Screen

__all__ = ["ADMIN_SCREENS"]

ADMIN_SCREENS: dict[str, Screen] = {
    "picture": Picture(),
}
