"""The admin pages: what people with a role do in the chat, on a screen."""

from collections.abc import Callable, Mapping
from functools import partial

from bot.clock import Clock
from bot.services.upkeep import newest_backup
from bot.settings import Settings
from bot.store import Store
from bot.web.desk.broadcast_actions import BroadcastPages
from bot.web.desk.health import HealthPages
from bot.web.desk.journal import JOURNAL_ROUTES
from bot.web.desk.lists import EXPORT_ROUTES, IMPORT_ROUTES
from bot.web.desk.offices import OfficePages
from bot.web.desk.overview import OVERVIEW_ROUTES
from bot.web.desk.people import PEOPLE_ROUTES
from bot.web.desk.request_list import LIST_ROUTES
from bot.web.desk.requests import RequestPages
from bot.web.desk.rulebook import RulePages
from bot.web.desk.site import DeskSite
from bot.web.desk.unit_import import UnitImportPages
from bot.web.desk.units import UNIT_ROUTES
from rules.pack import Pack


def build_desk(  # noqa: PLR0913 - it names each of them
    settings: Settings,
    store: Store,
    clock: Clock,
    pack: Pack,
    accepted: Mapping[str, Callable[[], bool]],
    *,
    troubles: Mapping[str, Callable[[], str | None]] | None = None,
) -> DeskSite:
    """Put the pages together, each with the right that it needs.

    By the name of a platform, ``accepted`` tells whether it accepts our token, and ``troubles`` what else is wrong.
    """
    pages = (
        *OVERVIEW_ROUTES,
        *LIST_ROUTES,
        *RequestPages(pack, settings.receiving_office, settings.form_templates).routes(),
        *EXPORT_ROUTES,
        *IMPORT_ROUTES,
        *PEOPLE_ROUTES,
        *JOURNAL_ROUTES,
        *UNIT_ROUTES,
        *UnitImportPages(store).routes(),
        *BroadcastPages(store, settings.data_dir / "exports" / "reports").routes(),
        *OfficePages(pack, settings.receiving_office).routes(),
        *RulePages(pack).routes(),
        *HealthPages(
            store, pack, accepted, troubles or {}, partial(newest_backup, settings), settings.zalo_oa_app_id
        ).routes(),
    )
    return DeskSite(store, clock, settings.web_address or "", settings.language, pages)
