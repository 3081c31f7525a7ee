"""Real CA certificates and a real organisation's certificate, where they lie beside the project."""

from pathlib import Path

import pytest

from bot.certificates import trust
from bot.certificates.parsing import read
from bot.certificates.record import validity_at
from bot.certificates.trust import KNOWN_AUTHORITIES, TrustStore
from handlers.model import Recognition, matches_unit
from rules.facts import Issuer, Subject
from tests.support import pki

SHARED = Path(__file__).parents[4] / "shared" / "pki"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="real certificates are not part of the project")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A trust folder with the five CA files, each taken by its pinned fingerprint alone."""
    for file in SHARED.glob("*.crt"):
        trust.install(file, tmp_path)
    return tmp_path


def test_every_ca_file_is_pinned_and_the_pin_says_what_the_file_says() -> None:
    for file in SHARED.glob("*.crt"):
        (authority,) = read(file.read_bytes()).certificates
        pin = KNOWN_AUTHORITIES[authority.fingerprint]
        assert (pin.name, pin.not_after) == (authority.name, authority.not_after)


def test_every_ca_of_both_generations_is_verified(folder: Path) -> None:
    store = TrustStore.load(folder)
    assert store.fingerprints == set(KNOWN_AUTHORITIES)
    for file in SHARED.glob("*.crt"):
        (authority,) = read(file.read_bytes(), trust=store).certificates
        assert (authority.recognition, authority.issuer_kind) == (Recognition.VERIFIED, Issuer.GOVERNMENT)


def test_generation_one_verifies_from_its_root_alone() -> None:
    (root,) = (trust._read_authority(SHARED / "rootca.crt"),)
    (state,) = read((SHARED / "cp.crt").read_bytes(), trust=TrustStore((root,))).certificates
    assert (state.recognition, state.signature_algorithm) == (Recognition.VERIFIED, "sha1WithRSAEncryption")


def test_the_real_organisation_is_read_and_its_chain_verified(folder: Path) -> None:
    data = (SHARED / "leaf" / "organisation-2021.cer").read_bytes()
    (one,) = read(data, trust=TrustStore.load(folder)).certificates
    assert (one.name, one.superior, one.locality) == ("TỔNG CỤC THUẾ", "BỘ TÀI CHÍNH", "Hà Nội")
    assert [attribute.name for attribute in one.subject] == ["C", "L", "O", "CN"]
    assert one.serial == "75580955FC81D6A7"
    assert one.not_after.isoformat() == "2026-11-16T08:09:00+00:00"
    assert validity_at(one, pki.NOW) == "expired"
    assert one.subscriber is Subject.ORGANISATION
    assert (one.recognition, one.issuer_kind) == (Recognition.VERIFIED, Issuer.GOVERNMENT)
    assert matches_unit(one, "Tổng cục Thuế") is True
