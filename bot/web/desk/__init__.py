"""The admin pages: what people with a role do in the chat, on a screen."""

from collections.abc import Callable, Mapping

from bot.clock import Clock
from bot.settings import Settings
from bot.store import Store
from bot.web.desk.exports import EXPORT_ROUTES
from bot.web.desk.house import HousePages
from bot.web.desk.imports import IMPORT_ROUTES
from bot.web.desk.office import OFFICE_ROUTES
from bot.web.desk.overview import OVERVIEW_ROUTES
from bot.web.desk.request_list import LIST_ROUTES
from bot.web.desk.requests import RequestPages
from bot.web.desk.site import DeskSite
from rules.pack import Pack


def build_desk(
    settings: Settings, store: Store, clock: Clock, pack: Pack, accepted: Mapping[str, Callable[[], bool]]
) -> DeskSite:
    """Put the pages together, each with the right that it needs."""
    requests = RequestPages(pack, settings.receiving_office, settings.form_templates).routes()
    house = HousePages(store, pack, accepted).routes()
    pages = (*OVERVIEW_ROUTES, *LIST_ROUTES, *requests, *EXPORT_ROUTES, *IMPORT_ROUTES, *OFFICE_ROUTES, *house)
    return DeskSite(store, clock, settings.web_address or "", settings.language, pages)
