"""A certificate pasted into a message is told from talk."""

import base64

import pytest

from handlers.model import holds_certificate
from tests.support import pki


def _lines() -> str:
    return base64.encodebytes(pki.issue().der).decode()


@pytest.mark.parametrize(
    "mark", ["-----BEGIN CERTIFICATE-----", "—–BEGIN CERTIFICATE—–", "-----begin certificate-----"]
)
def test_a_mark_tells_a_certificate_however_it_was_copied(mark: str) -> None:
    assert holds_certificate(f"gửi anh/chị\n{mark}\n{_lines()}")
    assert holds_certificate(mark.replace("CERTIFICATE", "CERTI\u200bFICATE"))


def test_bare_base64_is_a_certificate_and_talk_is_none() -> None:
    assert holds_certificate(_lines())
    assert holds_certificate("chứng thư: " + _lines().replace("\n", ""))
    for talk in ("MIIF là gì", "tôi gửi BEGIN CERTIFICATE nhé", "7A11223344556677", "a" * 4096, "MII" * 20):
        assert not holds_certificate(talk)


@pytest.mark.cpu_limit(5)
@pytest.mark.parametrize("piece", ["-BEGIN ", "MII", "MIIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ", "- ", "\u200b"])
def test_a_long_text_is_looked_through_in_no_time(piece: str) -> None:
    holds_certificate(piece * 20_000)
