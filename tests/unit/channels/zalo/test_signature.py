"""A call is Zalo's where its signature is a plain SHA-256 over app, raw body, time and the account's secret."""

import json

import pytest
from pydantic import SecretStr

from bot.channels.zalo.oa.webhook import WebhookKeys, matching_timestamp, signature

KEYS = WebhookKeys("https://troly.dongnai.gov.vn/zalo", "360846524940903967", SecretStr("s3cret-OA-key"))
STAMP = "1540363714987"
BODY = (
    '{"app_id":"360846524940903967","sender":{"id":"246845883529197922"},"user_id_by_app":"552177279717587730",'
    '"recipient":{"id":"388613280878808645"},"event_name":"user_send_text","message":{"text":"Chứng thư số",'
    '"msg_id":"96d3cdf3af150460909"},"timestamp":"1540363714987"}'
).encode()
MAC = "3715efecbe6a5a1115bc701ae24ba83ab327ddd5a4c2828f153f3c8c52c6f0aa"


def test_the_published_formula_gives_the_known_signature() -> None:
    assert len(BODY) == 274
    assert signature(KEYS.app, BODY, STAMP, "s3cret-OA-key") == MAC


@pytest.mark.parametrize("given", [f"mac={MAC}", MAC, f" mac={MAC} ", f"mac={MAC.upper()}"])
@pytest.mark.parametrize(("stamps", "which"), [({"header": STAMP}, "header"), ({"header": "1", "body": STAMP}, "body")])
def test_a_signature_is_accepted_over_either_timestamp(given: str, stamps: dict[str, str], which: str) -> None:
    assert matching_timestamp(given, KEYS, BODY, stamps) == which


@pytest.mark.parametrize("given", ["", "mac=", "mac=" + "0" * 64, MAC[:-1], "mac=é", "mac=" + MAC + "0", MAC[::-1]])
def test_any_other_signature_is_refused(given: str) -> None:
    assert matching_timestamp(given, KEYS, BODY, {"header": STAMP, "body": STAMP}) is None


def test_a_body_that_was_written_anew_is_another_body() -> None:
    again = json.dumps(json.loads(BODY)).encode()
    assert matching_timestamp(f"mac={MAC}", KEYS, again, {"header": STAMP}) is None


def test_without_any_timestamp_nothing_is_accepted() -> None:
    assert matching_timestamp(f"mac={MAC}", KEYS, BODY, {}) is None
