"""The record: what a certificate says, in the words officers know."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from bot.certificates.names import clean_text
from bot.certificates.parsing import read
from bot.certificates.record import format_serial, format_signed_serial, validity_at
from handlers.model import Certificate, CertificatePart, Recognition
from rules.facts import Issuer, Subject
from tests.support import pki


def _one(der: bytes) -> Certificate:
    (certificate,) = read(der).certificates
    return certificate


def test_an_organisation_of_the_government_profile() -> None:
    one = _one(pki.make_certificate(serial=0x75580955FC81D6A7, key=pki.rsa_key()))
    assert [(a.name, a.value) for a in one.subject] == [
        ("C", "VN"),
        ("L", "Đồng Nai"),
        ("O", "UBND huyện Nhơn Trạch"),
        ("CN", "UBND xã Phước An"),
    ]
    assert (one.name, one.superior, one.units, one.locality) == (
        "UBND xã Phước An",
        "UBND huyện Nhơn Trạch",
        (),
        "Đồng Nai",
    )
    assert (one.email, one.serial, one.key) == ("phuocan@dongnai.gov.vn", "75580955FC81D6A7", "RSA 2048")
    assert (one.not_before, one.not_after) == (pki.NOT_BEFORE, pki.NOT_AFTER)
    assert one.policies == ("2.16.704.1.1.1.1.1",)
    assert one.issuer_name == "CA phục vụ các cơ quan Nhà nước G2"
    assert (one.issuer_kind, one.recognition) == (Issuer.GOVERNMENT, Recognition.BY_NAME_ONLY)
    assert one.subscriber is Subject.ORGANISATION


def test_a_person_has_the_province_above_and_the_units_in_order() -> None:
    one = _one(pki.make_personal())
    assert one.superior == "UBND tỉnh Đồng Nai"
    assert one.units == ("UBND xã Phước An", "Văn phòng HĐND và UBND")
    assert one.subscriber is Subject.INDIVIDUAL


def test_generation_one_is_read_like_generation_two() -> None:
    one = _one(pki.make_certificate(issuer=pki.g1_state()))
    assert (one.issuer_kind, one.signature_algorithm) == (Issuer.GOVERNMENT, "sha1WithRSAEncryption")


def test_the_mail_of_the_subject_stands_in_for_a_missing_alternative_name() -> None:
    subject = pki.name_of((NameOID.COMMON_NAME, "Sở Nội vụ"), (NameOID.EMAIL_ADDRESS, "snv@dongnai.gov.vn"))
    one = _one(pki.make_certificate(subject=subject, email=None))
    assert one.email == "snv@dongnai.gov.vn"
    assert one.subject[1].name == one.subject[1].oid == "1.2.840.113549.1.9.1"


def test_without_a_common_name_the_most_specific_name_is_taken() -> None:
    subject = pki.name_of((NameOID.ORGANIZATION_NAME, "UBND tỉnh"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "Sở Nội vụ"))
    assert _one(pki.make_certificate(subject=subject)).name == "Sở Nội vụ"


#: serial number as it is written -> as certificate viewers show it, as it tells certificates apart
SERIALS = {
    "00": ("00", "00"),
    "04": ("04", "04"),
    "0ABC": ("0ABC", "0ABC"),
    "00FF303AE4E90AC1ED": ("FF303AE4E90AC1ED", "FF303AE4E90AC1ED"),
    "00000ABC": ("0ABC", "0ABC"),  # more zeros than DER allows
    "FF": ("FF", "-01"),
    "FB": ("FB", "-05"),  # 251 is 00FB and has the same text, another key
    "F544": ("F544", "-0ABC"),
    "80": ("80", "-80"),
}


@pytest.mark.parametrize(("written", "shown_and_key"), SERIALS.items())
def test_a_serial_is_shown_as_viewers_do_and_tells_certificates_apart_by_its_sign(
    written: str, shown_and_key: tuple[str, str]
) -> None:
    number = bytes.fromhex(written)
    assert (format_serial(number), format_signed_serial(number) or format_serial(number)) == shown_and_key


#: value -> as it is shown
VALUES = {
    "UBND xã Phước An": "UBND xã Phước An",
    "UBND xa\u0303 Phu\u031bo\u031b\u0301c An": "UBND xã Phước An",  # decomposed
    "Sở\u202eụv iộN": "Sởụv iộN",  # right-to-left override
    "Sở\u200bNội\ufeff vụ": "SởNội vụ",  # zero width
    "Sở\n\tNội\x00vụ\x1b[31m": "Sở Nội vụ [31m",  # control
    "Sở\u00a0Nội vụ": "Sở Nội vụ",
    b"\x01\xab": "01AB",  # an X.500 unique identifier is bits
    "x" * 501: "x" * 499 + "…",
}


@pytest.mark.parametrize(("value", "text"), VALUES.items())
def test_a_hostile_value_is_shown_harmless(value: str | bytes, text: str) -> None:
    assert clean_text(value) == text


def test_a_country_of_too_many_letters_and_a_negative_serial_are_read() -> None:
    raw = asn1.Certificate.load(pki.make_certificate()).copy()
    raw["tbs_certificate"]["serial_number"] = -5
    country = raw["tbs_certificate"]["subject"].chosen[0][0]
    country["value"] = asn1.DirectoryString(name="printable_string", value="VIET NAM")
    one = _one(raw.dump(force=True))
    assert (one.serial, one.subject[0].value) == ("FB", "VIET NAM")
    assert one.certificate_key == "-05"  # as certificates were told apart before negative numbers were shown so


def test_an_address_that_is_no_text_costs_the_address_alone() -> None:
    der = pki.make_certificate()
    one = _one(der.replace(b"phuocan@dongnai.gov.vn", b"phuocan@dongnai.gov.\xff\xff"))
    assert (one.name, one.email, one.unreadable) == ("UBND xã Phước An", None, (CertificatePart.EMAIL,))


def test_keys_are_named_by_kind_and_size() -> None:
    edwards = ed25519.Ed25519PrivateKey.generate()
    assert _one(pki.make_certificate(key=edwards)).key == "Ed25519"
    assert _one(pki.make_certificate()).key == "EC secp256r1"


def test_both_ends_belong_to_the_period_of_validity() -> None:
    one, second = _one(pki.make_certificate()), timedelta(seconds=1)
    assert validity_at(one, pki.NOT_BEFORE - second) == "not_yet_valid"
    assert validity_at(one, pki.NOT_BEFORE) == validity_at(one, pki.NOT_AFTER) == "valid"
    assert validity_at(one, pki.NOT_AFTER + second) == "expired"
    assert validity_at(_one(pki.make_certificate(**pki.expired())), pki.NOW) == "expired"
    assert validity_at(_one(pki.make_certificate(**pki.near_expiry())), pki.NOW) == "valid"
    assert one.not_after == datetime(2028, 12, 31, 1, tzinfo=UTC)
