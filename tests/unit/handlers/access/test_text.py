"""The journal is told without machine names."""

from datetime import UTC, datetime

import pytest

from handlers.access import format_subject
from handlers.model import JournalEntry
from locales import translator

t = translator("vi")


def entry(act: str, on: str) -> JournalEntry:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return JournalEntry(number=1, at=now, actor="machine", act=act, subject=on, unit=None, count=1, channel="machine")


@pytest.mark.parametrize(
    ("act", "on", "said"),
    [
        ("request.move_all", "accepted: YC-2026-000001 … 000009", "→ đã tiếp nhận: YC-2026-000001 … 000009"),
        ("request.move", "YC-2026-000001", "YC-2026-000001"),
        ("request.move_all", "nowhere: YC-2026-000001", "nowhere: YC-2026-000001"),
        ("export", "import19", "bảng 19 cột"),
        ("export_start", "XL-000007 xlsx", "XL-000007 bảng tính Excel"),
        ("export_cancel", "XL-000007", "XL-000007"),
        ("maintain_units", "units", ""),
        ("redeem", "LM-000001 QT-000001", "LM-000001 QT-000001"),
    ],
)
def test_states_and_kinds_of_files_are_told_in_words(act: str, on: str, said: str) -> None:
    assert format_subject(t, entry(act, on)) == said
