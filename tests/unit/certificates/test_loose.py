"""A part written loosely costs that part alone; the others are read, and it is said which one could not be."""

from datetime import UTC, datetime

import pytest

from bot.certificates.parsing import read
from bot.certificates.trust import EMPTY_TRUST_STORE, TrustStore
from handlers.model import Certificate, CertificatePart, FileProblemKind, Recognition
from rules.facts import Issuer
from tests.support import loose_der, pki
from tests.support.loose_der import BOOLEAN, GENERALIZED, INTEGER, OID, SEQUENCE, extension, value
from tests.support.loose_der import UTC as UTC_TIME

G2 = TrustStore((pki.g2_root().certificate, pki.g2_state().certificate))
BEFORE = pki.NOT_BEFORE
STATE = pki.g2_state()
PART = CertificatePart
#: Object identifiers in hexadecimal DER.
BASIC, USAGE, ALTERNATIVE, POLICIES, POINTS = "551d13", "551d0f", "551d11", "551d20", "551d1f"
_SM2, _GOST, _SLH_DSA = "2a811ccf5501822d", "2a85030701010101", "608648016503040314"
_EC, _P256 = "2a8648ce3d0201", "2a8648ce3d030107"


def _one(der: bytes, trust: TrustStore = EMPTY_TRUST_STORE) -> Certificate:
    reading = read(der, trust=trust)
    assert reading.problems == ()
    (certificate,) = reading.certificates
    return certificate


def _key(*algorithm: bytes, bits: bytes = b"\0\4" + b"\1" * 64) -> bytes:
    return value(SEQUENCE, value(SEQUENCE, *algorithm), value(b"\x03", bits))


def _oid(digits: str) -> bytes:
    return value(OID, bytes.fromhex(digits))


#: The field and the rest of a curve that is written out (RFC 3279, 2.3.5), as far as they are looked at.
_CURVE = value(
    SEQUENCE, value(INTEGER, b"\1"), value(SEQUENCE, _oid("2a8648ce3d0101"), value(INTEGER, b"\0" + b"\xff" * 32))
)
#: Parts as they may be written -> fields of the record that tell that they were understood; nothing is unreadable.
READ: dict[str, tuple[dict[str, bytes], dict[str, object]]] = {
    "an empty part of the name": (
        {
            "subject": value(
                SEQUENCE,
                loose_der.attribute(b"\x06\3\x55\4\x0b", b""),
                loose_der.attribute(loose_der.COMMON_NAME, b"A"),
            )
        },
        {"name": "A", "units": ("",)},
    ),
    "a name that holds nothing": ({"subject": value(SEQUENCE)}, {"name": "", "subject": ()}),
    "Latin-1 in a teletex string": (
        {"subject": loose_der.encode_name("Café".encode("latin-1"), b"\x14")},
        {"name": "Café"},
    ),
    "UTF-8 in a teletex string": ({"subject": loose_der.encode_name("Sở Y tế".encode(), b"\x14")}, {"name": "Sở Y tế"}),
    "UTF-8 in a printable string": (
        {"subject": loose_der.encode_name("Sở Y tế".encode(), b"\x13")},
        {"name": "Sở Y tế"},
    ),
    "a BMP string": ({"subject": loose_der.encode_name("Sở Y tế".encode("utf-16-be"), b"\x1e")}, {"name": "Sở Y tế"}),
    "a universal string": (
        {"subject": loose_der.encode_name("Sở Y tế".encode("utf-32-be"), b"\x1c")},
        {"name": "Sở Y tế"},
    ),
    "a string in pieces": (
        {"subject": loose_der.encode_name(value(b"\x0c", b"Xa ") + value(b"\x0c", b"Mau"), b"\x2c")},
        {"name": "Xa Mau"},
    ),
    "a number as a name": ({"subject": loose_der.encode_name(b"\x01\xab", b"\x02")}, {"name": "01AB"}),
    "no seconds": ({"validity": loose_der.validity(value(UTC_TIME, b"2401010100Z"))}, {"not_before": BEFORE}),
    "a time by its distance from UTC": (
        {"validity": loose_der.validity(value(UTC_TIME, b"240101080000+0700"))},
        {"not_before": BEFORE},
    ),
    "a time west of UTC": (
        {"validity": loose_der.validity(value(GENERALIZED, b"20231231200000-0500"))},
        {"not_before": BEFORE},
    ),
    "fractions of a second": (
        {"validity": loose_der.validity(value(GENERALIZED, b"20240101010000.999Z"))},
        {"not_before": BEFORE},
    ),
    "no zone": ({"validity": loose_der.validity(value(GENERALIZED, b"20240101010000"))}, {"not_before": BEFORE}),
    "years of the last century": (
        {"validity": loose_der.validity(value(UTC_TIME, b"500101000000Z"))},
        {"not_before": datetime(1950, 1, 1, tzinfo=UTC)},
    ),
    "no end at all": (
        {"validity": loose_der.validity(value(UTC_TIME, b"240101010000Z"), value(GENERALIZED, b"99991231235959Z"))},
        {"not_after": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)},
    ),
    "an end before its beginning": (
        {"validity": loose_der.validity(value(UTC_TIME, b"240101010000Z"), value(UTC_TIME, b"230101010000Z"))},
        {"not_after": datetime(2023, 1, 1, 1, tzinfo=UTC)},
    ),
    "a negative serial": ({"serial": value(INTEGER, b"\x80\0\1")}, {"serial": "800001", "signed_serial": "-7FFFFF"}),
    "serial zero": ({"serial": value(INTEGER, b"\0")}, {"serial": "00"}),
    "zeros before the serial": ({"serial": value(INTEGER, b"\0\0\0\x1c")}, {"serial": "1C"}),
    "a version of the future": ({"version": value(b"\xa0", value(INTEGER, b"\7"))}, {}),
    "a version that is no number": ({"version": value(b"\xa0", value(b"\x0c", b"v3"))}, {}),
    "explicit parameters of a curve": (
        {"key": _key(_oid(_EC), _CURVE)},
        {"key": "EC 256"},
    ),
    "a point that is on no curve": ({"key": _key(_oid(_EC), _oid(_P256), bits=b"\0\4")}, {"key": "EC secp256r1"}),
    "FALSE written out": (
        {"extensions": value(b"\xa3", value(SEQUENCE, extension(BASIC, value(SEQUENCE, value(BOOLEAN, b"\0")))))},
        {"authority": False},
    ),
    "TRUE as another number than 255": (
        {"extensions": value(b"\xa3", value(SEQUENCE, extension(BASIC, value(SEQUENCE, value(BOOLEAN, b"\1")))))},
        {"authority": True},
    ),
    "not critical, written out": (
        {"extensions": loose_der.encode_extensions(extension(POINTS, b"", critical=b"\1\1\0"))},
        {},
    ),
    "an extension nobody asks for that is no DER": (
        {"extensions": loose_der.encode_extensions(extension(POINTS, b"\x30\xff\xff"))},
        {},
    ),
    "a key usage that is none": ({"extensions": loose_der.encode_extensions(extension(USAGE, b"\5\0"))}, {}),
    "an extension twice": (
        {"extensions": loose_der.encode_extensions(*loose_der.extensions_of(pki.make_certificate()))},
        {},
    ),
    "a policy with a qualifier of another world": (
        {
            "extensions": value(
                b"\xa3",
                value(SEQUENCE, extension(POLICIES, value(SEQUENCE, value(SEQUENCE, _oid("2a0304"), b"\x30\3\1\1\7")))),
            )
        },
        {"policies": ("1.2.3.4",)},
    ),
    "another kind of alternative name that is no DER": (
        {
            "extensions": value(
                b"\xa3",
                value(SEQUENCE, extension(ALTERNATIVE, value(SEQUENCE, b"\xa0\1\xff", value(b"\x81", b"a@b.vn")))),
            )
        },
        {"email": "a@b.vn"},
    ),
}


@pytest.mark.parametrize(("parts", "fields"), READ.values(), ids=READ.keys())
def test_what_is_written_loosely_is_read_for_what_it_means(parts: dict[str, bytes], fields: dict[str, object]) -> None:
    one = _one(loose_der.make_certificate(**parts))
    assert {name: getattr(one, name) for name in fields} == fields
    assert one.unreadable == ()
    if "subject" not in parts:
        assert one.name == "UBND xã Phước An"


@pytest.mark.parametrize("write", [loose_der.with_long_lengths, loose_der.with_indefinite_lengths])
def test_lengths_of_ber_are_read(write: object) -> None:
    der = pki.make_certificate(serial=0x1234)
    one = _one(write(der))  # type: ignore[operator]  # a function of the table
    assert one.model_copy(update={"fingerprint": ""}) == _one(der).model_copy(update={"fingerprint": ""})


#: Parts that cannot be read -> which one that is, and a field of the record without it.
MISSING: dict[str, tuple[dict[str, bytes], CertificatePart, dict[str, object]]] = {
    "SM2": ({"key": _key(_oid(_EC), _oid(_SM2))}, PART.KEY, {"key": "unknown algorithm OID 1.2.156.10197.1.301"}),
    "GOST": ({"key": _key(_oid(_GOST))}, PART.KEY, {"key": "unknown algorithm OID 1.2.643.7.1.1.1.1"}),
    "SLH-DSA": ({"key": _key(_oid(_SLH_DSA))}, PART.KEY, {"key": "unknown algorithm OID 2.16.840.1.101.3.4.3.20"}),
    "a key that is none": ({"key": value(SEQUENCE)}, PART.KEY, {"key": ""}),
    "an address with another behind a zero byte": (
        {
            "extensions": value(
                b"\xa3", value(SEQUENCE, extension(ALTERNATIVE, value(SEQUENCE, value(b"\x81", b"a@b.vn\0c@d.vn"))))
            )
        },
        PART.EMAIL,
        {"email": None},
    ),
    "bytes that are no UTF-8": (
        {"subject": loose_der.encode_name(b"S\xe1\xbb\xff")},
        PART.SUBJECT,
        {"name": "S\ufffd\ufffd"},
    ),
    "half a character": ({"subject": loose_der.encode_name(b"\0A\0", b"\x1e")}, PART.SUBJECT, {"name": "A\ufffd"}),
    "a part of the name that is none": (
        {
            "subject": value(
                SEQUENCE, value(loose_der.SET, value(SEQUENCE)), loose_der.attribute(loose_der.COMMON_NAME, b"A")
            )
        },
        PART.SUBJECT,
        {"name": "A"},
    ),
    "an issuer that is none": ({"issuer": value(SEQUENCE, b"\x31\xff")}, PART.ISSUER, {"issuer_name": ""}),
    "a beginning that is none": (
        {"validity": loose_der.validity(value(UTC_TIME, b"hom qua"))},
        PART.NOT_BEFORE,
        {"not_before": None, "not_after": pki.NOT_AFTER},
    ),
    "an extension that is none": (
        {"extensions": value(b"\xa3", value(SEQUENCE, b"\x30\xff"))},
        PART.EXTENSIONS,
        {"email": None},
    ),
    "policies that are none": (
        {"extensions": value(b"\xa3", value(SEQUENCE, extension(POLICIES, b"\x30\2\5\0")))},
        PART.POLICIES,
        {"policies": ()},
    ),
    "constraints that are none": (
        {"extensions": value(b"\xa3", value(SEQUENCE, extension(BASIC, b"\5\0")))},
        PART.EXTENSIONS,
        {"authority": False},
    ),
}


@pytest.mark.parametrize(("parts", "part", "fields"), MISSING.values(), ids=MISSING.keys())
def test_what_cannot_be_read_is_named_and_the_rest_is_read(
    parts: dict[str, bytes], part: CertificatePart, fields: dict[str, object]
) -> None:
    one = _one(loose_der.make_certificate(**parts))
    assert one.unreadable == (part,)
    assert {name: getattr(one, name) for name in fields} == fields


#: Parts without which nobody can be helped -> what is said.
ESSENTIAL = {
    "a subject that is none": ({"subject": value(SEQUENCE, b"\x31\x05")}, FileProblemKind.SUBJECT_UNREADABLE),
    "a subject of another kind": ({"subject": value(loose_der.SET)}, FileProblemKind.SUBJECT_UNREADABLE),
    "a name with no readable part": (
        {"subject": loose_der.encode_name(b"\4\x50", b"\x69")},
        FileProblemKind.SUBJECT_UNREADABLE,
    ),
    "a serial of no digit": ({"serial": value(INTEGER)}, FileProblemKind.SERIAL_UNREADABLE),
    "a serial that is a text": ({"serial": value(b"\x0c", b"so 5")}, FileProblemKind.SERIAL_UNREADABLE),
    "a serial of absurd length": ({"serial": value(INTEGER, b"\1" * 5_000)}, FileProblemKind.SERIAL_UNREADABLE),
    "one day": ({"validity": value(SEQUENCE, value(UTC_TIME, b"240101010000Z"))}, FileProblemKind.END_UNREADABLE),
    "30 February": (
        {"validity": loose_der.validity(value(UTC_TIME, b"240101010000Z"), value(UTC_TIME, b"300230010000Z"))},
        FileProblemKind.END_UNREADABLE,
    ),
    "an end that is a number": (
        {"validity": loose_der.validity(value(UTC_TIME, b"240101010000Z"), value(INTEGER, b"\5"))},
        FileProblemKind.END_UNREADABLE,
    ),
}


@pytest.mark.parametrize(("parts", "trouble"), ESSENTIAL.values(), ids=ESSENTIAL.keys())
def test_a_part_that_must_be_known_is_named(parts: dict[str, bytes], trouble: FileProblemKind) -> None:
    reading = read(loose_der.make_certificate(**parts))
    assert (reading.certificates, [problem.trouble for problem in reading.problems]) == ((), [trouble])


def test_nobody_is_called_public_while_a_part_that_could_say_otherwise_is_unread() -> None:
    sound = pki.make_certificate(issuer=pki.public_ca(), policy=None)
    assert _one(sound).issuer_kind is Issuer.PUBLIC
    unread = loose_der.encode_extensions(extension(POLICIES, b"\x30\2\5\0"), der=sound)
    assert _one(loose_der.make_certificate(sound=sound, extensions=unread)).issuer_kind is Issuer.UNKNOWN
    twice = loose_der.encode_extensions(extension(POLICIES, b"\x30\0"), *_policy("608540010101"), der=sound)
    one = _one(loose_der.make_certificate(sound=sound, extensions=twice))
    assert (one.policies, one.issuer_kind) == (("2.16.704.1.1.1",), Issuer.UNKNOWN)


def _policy(digits: str) -> list[bytes]:
    return [extension(POLICIES, value(SEQUENCE, value(SEQUENCE, _oid(digits))))]


@pytest.mark.parametrize("name", ["no seconds", "an empty part of the name", "an extension twice", "FALSE written out"])
def test_what_is_written_loosely_is_verified_all_the_same(name: str) -> None:
    parts, _ = READ[name]
    assert _one(loose_der.make_certificate(**parts, signer=STATE.key), G2).recognition is Recognition.VERIFIED
    assert _one(loose_der.make_certificate(**parts), G2).recognition is Recognition.INVALID
    assert _one(loose_der.make_certificate(**parts, signer=pki.ec_key("forger")), G2).recognition is Recognition.INVALID


def test_an_algorithm_that_was_not_signed_along_is_not_believed() -> None:
    other = value(SEQUENCE, _oid("2a8648ce3d040303"))  # ecdsa-with-SHA384
    assert _one(loose_der.make_certificate(algorithm=other, signer=STATE.key), G2).recognition is Recognition.INVALID


#: Extensions of a CA that the root signed -> whether it may sign; a CA is read strictly.
CAS = {
    "sound": (b"", Recognition.VERIFIED),
    "constraints twice": (extension(BASIC, value(SEQUENCE)), Recognition.BY_NAME_ONLY),
    "a usage that is none": (extension(USAGE, b"\5\0"), Recognition.BY_NAME_ONLY),
    "an extension that is none": (b"\x30\x02\x05\x00", Recognition.BY_NAME_ONLY),
}


@pytest.mark.parametrize(("added", "recognition"), CAS.values(), ids=CAS.keys())
def test_a_ca_written_loosely_signs_nothing(added: bytes, recognition: Recognition) -> None:
    sound = STATE.der
    ca = loose_der.make_certificate(
        sound=sound, extensions=loose_der.encode_extensions(added, der=sound), signer=pki.g2_root().key
    )
    reading = read(pki.make_certificate() + ca, trust=TrustStore((pki.g2_root().certificate,)))
    assert [one.recognition for one in reading.certificates] == [recognition]


def _nested(depth: int) -> bytes:
    return b"\x30\x80" * depth + b"\0\0" * depth


#: Certificates made to take long or to take much.
ABSURD = {
    "deep nesting": {"subject": value(SEQUENCE, _nested(50_000))},
    "deep strings": {"subject": loose_der.encode_name(b"\x2c\x80" * 50_000 + b"\0\0" * 50_000, b"\x2c")},
    "a million empty parts": {"subject": value(SEQUENCE, b"\x31\0" * 1_000_000)},
    "a huge identifier": {"key": _key(value(OID, b"\x81" * 1_000_000 + b"\1"))},
    "a huge number": {
        "key": _key(_oid("2a864886f70d010101"), bits=b"\0" + value(SEQUENCE, value(INTEGER, b"\7" * 10**6)))
    },
    "many extensions": {"extensions": value(b"\xa3", value(SEQUENCE, extension(POINTS, b"") * 100_000))},
    "a long name": {"subject": loose_der.encode_name("ộ".encode() * 500_000)},
    "a length of 2 to the power of 63": {"subject": b"\x30\x88\x7f" + b"\xff" * 7},
}


@pytest.mark.cpu_limit(5)
@pytest.mark.parametrize("parts", ABSURD.values(), ids=ABSURD.keys())
def test_absurd_parts_end_in_a_reading_of_no_absurd_size(parts: dict[str, bytes]) -> None:
    assert len(read(loose_der.make_certificate(**parts)).model_dump_json()) < 20_000
