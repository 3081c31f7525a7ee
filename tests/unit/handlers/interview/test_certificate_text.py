"""A certificate in words: what could not be read is said in one sentence, and nothing is made up for it."""

from datetime import UTC, datetime

import pytest

from handlers.core import MarkupTranslator, certificate_facts, strip_markup
from handlers.interview.screens.certificate import PART_LABELS, format_summary
from handlers.model import UNKNOWN_KEY, CertificatePart, RequestContent
from locales import LANGUAGES
from rules.facts import Subject
from rules.outcome import Procedure
from tests.support.dialogue import make_certificate

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
SM2 = {"key": f"{UNKNOWN_KEY}1.2.156.10197.1.301", "unreadable": (CertificatePart.KEY,)}
#: language -> the sentence about a key of an unknown algorithm.
SENTENCES = {
    "vi": "Phần không đọc được: khóa công khai (thuật toán chưa biết, OID 1.2.156.10197.1.301). "
    "Các phần khác tôi đã đọc được.",
    "en": "I could not read the public key (unknown algorithm OID 1.2.156.10197.1.301); the rest I read.",
}


def _said(language: str = "en", **changes: object) -> list[str]:
    return strip_markup(format_summary(MarkupTranslator(language), make_certificate(**changes), NOW)).split("\n")  # type: ignore[arg-type]


@pytest.mark.parametrize(("language", "sentence"), SENTENCES.items())
def test_a_part_that_could_not_be_read_is_named_in_one_sentence(language: str, sentence: str) -> None:
    assert _said(language, **SM2)[-1] == sentence
    assert not any("OID" in line for line in _said(language))


def test_every_part_has_a_name_in_every_language() -> None:
    assert set(PART_LABELS) == set(CertificatePart)
    for language in LANGUAGES:
        assert len({MarkupTranslator(language).t(name) for name in PART_LABELS.values()}) == len(PART_LABELS)


def test_a_beginning_that_could_not_be_read_is_left_out_and_not_guessed() -> None:
    unread = make_certificate(not_before=None, unreadable=(CertificatePart.NOT_BEFORE,))
    assert "Valid until 15:09 01/01/2029 (Vietnamese time)." in _said(not_before=None)
    assert certificate_facts(unread)["not_before"] is None


def test_a_negative_number_is_shown_as_viewers_do_and_looked_up_by_its_sign() -> None:
    negative = make_certificate(serial="FB", signed_serial="-05")
    assert any("FB" in line for line in _said(serial="FB", signed_serial="-05"))
    content = RequestContent(
        subject=Subject.ORGANISATION,
        subscriber="UBND xã Mẫu",
        unit="UBND xã Mẫu",
        serial=negative.serial,
        signed_serial=negative.signed_serial,
        procedure=Procedure.REVOKE,
        decision="",
        pack="",
        channel="",
    )
    assert content.certificate_key == negative.certificate_key == "-05"
    assert make_certificate(serial="FB").certificate_key == "FB"
