"""Everyday words about the own certificate, its last day and the token are read as they are meant."""

import pytest

from rules.language import load_language, read


@pytest.mark.parametrize(
    "said", ["ho giu chung thu cua toi", "họ giữ chứng thư của em", "người ta thu mất token của tôi"]
)
def test_what_others_hold_of_mine_is_no_kind_of_certificate(said: str) -> None:
    assert read(said, load_language("vi")).facts == {}


@pytest.mark.parametrize(
    "said", ["chung thu het han 31/02/2027", "chứng thư đã hết hạn từ ngày 31/2/2027", "cts quá date 30/2/2026"]
)
def test_a_day_that_no_calendar_has_makes_no_certificate_expired(said: str) -> None:
    assert read(said, load_language("vi")).facts == {}


@pytest.mark.parametrize(
    ("said", "token"),
    [
        ("token ko mat nhung quen pin bi khoa roi", "locked"), ("token không mất nhưng quên mã pin", "locked"),
        ("token binh thuong", "in_hand"), ("token của em vẫn bình thường", "in_hand"),
        ("token không bình thường", None),
    ],
)  # fmt: skip
def test_a_token_that_is_not_lost_is_read_by_what_it_is(said: str, token: str | None) -> None:
    assert read(said, load_language("vi")).facts.get("token") == token
