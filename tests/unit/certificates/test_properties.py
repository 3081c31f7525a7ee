"""Whatever the bytes, reading ends in a reading."""

import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.certificates.names import clean_text, guess_subject
from bot.certificates.parsing import read
from bot.certificates.trust import TrustStore
from bot.certificates.x509_fields import split_certificate
from handlers.model import SECRET_PROBLEMS, Reading, Recognition, matches_unit
from tests.support import pki, pki_files, programs
from tests.support.soak import examples

G2 = TrustStore((pki.g2_root().certificate, pki.g2_state().certificate))
#: One of every kind, to be damaged.
SEEDS = (
    pki.make_certificate(),
    pki.issue().pem,
    pki.g2_state().der,
    pki_files.bundle(pki.issue().der, pki.g2_state().der),
    pki_files.as_ber(pki_files.signed_pkcs7(pki.issue(), pki.g2_state())),
    pki_files.pdf(pki.issue(), chain=(pki.g2_state(),)),
    pki_files.signed_xml(pki.issue().der),
    pki_files.word_document(pki.issue().der),
    pki_files.make_zip({"a.cer": pki.issue().der, "b.p7b": pki_files.bundle(pki.issue().der)}),
    pki_files.pkcs12_file(pki.issue()),
    *pki_files.private_keys(pki.ec_key()).values(),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A valid file with bytes changed, cut out, doubled or put in."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        end = at + draw(st.integers(0, 40))
        data[at:end] = draw(st.sampled_from((b"", bytes(data[at:end]) * 2)) | st.binary(max_size=8))
    return bytes(data)


def _holds(reading: Reading) -> None:
    """What must be true of any reading."""
    assert reading.certificates or reading.problems
    fingerprints = [one.fingerprint for one in reading.certificates]
    assert len(set(fingerprints)) == len(fingerprints)
    if any(problem.trouble in SECRET_PROBLEMS for problem in reading.problems):
        assert not reading.certificates
    for one in reading.certificates:
        assert one.name.isprintable()
        for moment in filter(None, (one.not_before, one.not_after)):
            assert moment.utcoffset() is not None
    assert Reading.model_validate_json(reading.model_dump_json()) == reading


@given(damaged())
@settings(max_examples=examples(1_500), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.long
def test_damaged_files_end_in_a_reading(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _holds(read(data, trust=G2))


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
@settings(max_examples=examples(500), deadline=None)
@pytest.mark.long
def test_noise_ends_in_a_reading(data: bytes) -> None:
    _holds(read(data))


@given(st.text(max_size=120))
def test_any_name_can_be_shown_guessed_and_compared(name: str) -> None:
    (certificate,) = read(pki.make_certificate()).certificates
    assert clean_text(clean_text(name)) == clean_text(name)
    guess_subject(name)
    matches_unit(certificate, name)


#: Real CA certificates are of both generations; a subscriber's is made.
CERTIFICATES = (pki.make_certificate(key=pki.rsa_key()), pki.make_personal(), pki.g1_state().der, pki.g2_root().der)
SIGNED = {split_certificate(der).tbs for der in CERTIFICATES}


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A certificate with a few bytes changed in place: its lengths mostly stay, so that most parts can be read."""
    data = bytearray(draw(st.sampled_from(CERTIFICATES)))
    for _ in range(draw(st.integers(1, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@given(changed())
@settings(max_examples=examples(2_000), deadline=None)
@pytest.mark.long
def test_a_changed_certificate_is_read_or_named_and_never_verified(data: bytes) -> None:
    reading = read(data, trust=G2)
    _holds(reading)
    if any(one.recognition is Recognition.VERIFIED for one in reading.certificates):
        assert split_certificate(data).tbs in SIGNED  # bytes outside what is signed may change


@given(changed())
@settings(max_examples=examples(150), deadline=None)
def test_what_openssl_reads_of_a_changed_certificate_is_read_alike(data: bytes) -> None:
    own, other = read(data).certificates, programs.read_with_openssl(data) if programs.OPENSSL else None
    if other and other.not_after:
        (one,) = own
        different = set(programs.find_differences(programs.read_with_ours(one), other)) - {
            "email"
        }  # openssl leaves out what it dislikes
        assert different <= ({"subject", "issuer"} if one.unreadable or _is_teletex(other) else set())


@pytest.mark.parametrize("tag", [0x07, 0x08, 0x09, 0x0B, 0x0D, 0x0E, 0x0F, 0x1D])
def test_a_name_under_a_tag_of_no_string_type_is_read_as_text(tag: int) -> None:
    data = bytearray(pki.issue().der)
    data[data.index("Ban Cơ yếu".encode()) - 2] = tag
    (one,) = read(bytes(data)).certificates
    assert "Ban Cơ yếu Chính phủ" in [part.value for part in one.issuer]


def _is_teletex(other: programs.PeerReading) -> bool:
    """Whether a name is UTF-8 that OpenSSL takes for Latin-1, as the tag of a teletex string says."""
    return any("á»" in value or "Æ" in value or "Ã" in value for value in (*other.subject, *other.issuer))
