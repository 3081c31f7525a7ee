"""The words for what the store tells people: alerts of owners, failed files, and messages of broadcasts."""

from bot.services.broadcasts.recipients import render_message
from bot.store.owner_alerts import AbandonedRow
from bot.store.store import StoreTexts
from handlers.admin.alerts import (
    format_clock_leap,
    format_database_restored,
    format_message_set_aside,
    format_task_set_aside,
    format_update_set_aside,
    format_update_unstored,
    format_values_unreadable,
)
from handlers.admin.exports.text import format_export_failed
from handlers.core.replies import Reply
from handlers.core.text import MarkupTranslator
from handlers.own_data import format_data_failed

_ALERTS = {
    AbandonedRow.UPDATE: format_update_set_aside,
    AbandonedRow.UNSTORED: format_update_unstored,
    AbandonedRow.MESSAGE: format_message_set_aside,
    AbandonedRow.TASK: format_task_set_aside,
    AbandonedRow.RESTORED: format_database_restored,
    AbandonedRow.CLOCK: format_clock_leap,
}


def _format_alert(language: str, what: AbandonedRow, row: int | str) -> Reply:
    return _ALERTS[what](MarkupTranslator(language), row)


def _format_damage(language: str, count: int, rows: str) -> Reply:
    return format_values_unreadable(MarkupTranslator(language), count, rows)


STORE_TEXTS = StoreTexts(
    alert=_format_alert,
    damage=_format_damage,
    export_failed=lambda language: format_export_failed(MarkupTranslator(language)),
    broadcast=render_message,
    own_data_failed=lambda language: format_data_failed(MarkupTranslator(language)),
)
