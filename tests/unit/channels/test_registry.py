"""Each channel stands once: what names a person, what a message holds, what people call it."""

import pytest

from bot.channels import CHANNELS, parse_address, terminal_channel
from handlers.model import CHANNEL_LABELS, CHANNEL_LIMITS, ChannelAddress
from tests.support.channels import CHANNELS as CASES


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("telegram:123456789", ChannelAddress("telegram", "123456789")),
        ("TELEGRAM:123456789", ChannelAddress("telegram", "123456789")),
        ("terminal:lan", ChannelAddress(terminal_channel("lan"), "lan")),
        ("terminal:chị:lan", ChannelAddress(terminal_channel("chị:lan"), "chị:lan")),
        ("zalo:9007199254740993123", ChannelAddress("zalo", "9007199254740993123")),
        ("zalo:0", None),
        ("telegram:-100123", None),  # a group
        ("telegram:007", None),
        ("telegram:" + "9" * 20, None),
        ("telegram:", None),
        ("terminal:", None),
        ("fax:123", None),
        ("lan", None),
    ],
)
def test_a_person_is_named_by_channel_and_address(typed: str, meant: ChannelAddress | None) -> None:
    assert parse_address(typed) == meant


def test_a_message_holds_what_broadcasts_are_checked_against() -> None:
    for name, profile in CHANNELS.items():
        limits = CHANNEL_LIMITS[name]
        assert (profile.capabilities.text_limit, profile.capabilities.caption_limit) == (limits.text, limits.caption)


def test_every_channel_has_a_label_and_limits() -> None:
    assert set(CHANNELS) <= set(CHANNEL_LABELS)
    assert set(CHANNELS) == set(CHANNEL_LIMITS)
    assert CHANNELS["telegram"].label == "Telegram"


def test_every_channel_has_a_row_in_the_table_over_which_the_suites_run() -> None:
    assert {one.channel for one in CASES} == set(CHANNELS)
    assert len({one.name for one in CASES}) == len(CASES)
    for one in CASES:  # what carries no conversation, or leaves nothing, says so
        assert one.talks or one.leaves
        assert one.profile.name == one.channel
