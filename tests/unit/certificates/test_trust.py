"""Installing CA files: only what is known, or what the operator vouches for."""

from pathlib import Path

import pytest

from bot.certificates import (
    CertificatesError,
    FingerprintMismatchError,
    NotACaError,
    NotInstalledError,
    TrustError,
    UnpinnedError,
    trust,
)
from bot.certificates.trust import KNOWN_AUTHORITIES, TrustStore
from bot.errors import InputError, TrolyError
from locales import translator
from tests.support import pki, pki_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    file = tmp_path / "goc.crt"
    file.write_bytes(pki.g2_root().pem)
    return file


def _fingerprint(issued: pki.Issued) -> str:
    return trust.fingerprint_of(issued.certificate)


def test_an_unknown_ca_is_refused_with_its_fingerprint_and_the_way_to_add_it(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UnpinnedError) as refusal:
        trust.install(root, tmp_path / "trust")
    for language in ("vi", "en"):
        assert f"--fingerprint {_fingerprint(pki.g2_root())}" in refusal.value.say(translator(language))
    assert not (tmp_path / "trust").exists()


def test_an_unknown_ca_is_added_by_its_fingerprint_in_any_notation(root: Path, tmp_path: Path) -> None:
    digits = _fingerprint(pki.g2_root()).lower()
    colons = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    trust.install(root, tmp_path / "trust", declared=colons)
    store = TrustStore.load(tmp_path / "trust")
    assert store.authorities == (pki.g2_root().certificate,)
    assert store.fingerprints == {_fingerprint(pki.g2_root())}


def test_another_fingerprint_than_the_files_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(FingerprintMismatchError):
        trust.install(root, tmp_path / "trust", declared=_fingerprint(pki.g2_state()))
    with pytest.raises(FingerprintMismatchError):
        trust.install(root, tmp_path / "trust", declared="")


def test_a_pinned_ca_needs_no_declaration(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KNOWN_AUTHORITIES, _fingerprint(pki.g2_root()), next(iter(KNOWN_AUTHORITIES.values())))
    trust.install(root, tmp_path / "trust")
    assert len(TrustStore.load(tmp_path / "trust").authorities) == 1


@pytest.mark.parametrize(
    "content",
    [b"\x30\x82", b"text", pki.issue().pem, pki_files.pem(pki.g2_root().der, pki.g2_state().der), pki.issue().der],
    ids=["cut short", "text", "a subscriber", "two CAs", "a subscriber in DER"],
)
def test_what_is_not_one_ca_certificate_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.crt"
    file.write_bytes(content)
    with pytest.raises(NotACaError):
        trust.install(file, tmp_path / "trust", declared="00")


def test_an_empty_file_is_refused_as_everywhere(tmp_path: Path) -> None:
    file = tmp_path / "a.crt"
    file.write_bytes(b"")
    with pytest.raises(InputError, match="it is empty"):
        trust.install(file, tmp_path / "trust", declared="00")


def test_a_file_without_an_end_is_refused_and_not_read_into_memory(tmp_path: Path) -> None:
    file = tmp_path / "a.crt"
    with file.open("wb") as stream:
        stream.truncate(1 << 42)
    with pytest.raises(InputError, match="larger than 1 MB"):
        trust.install(file, tmp_path / "trust", declared="00")


def test_a_file_that_is_not_what_its_name_says_is_not_believed(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    trust.install(root, folder, declared=_fingerprint(pki.g2_root()))
    next(folder.iterdir()).write_bytes(pki.g2_state().pem)
    (folder / "la.crt").write_bytes(pki.public_ca().pem)
    assert TrustStore.load(folder).authorities == ()


def test_a_folder_that_does_not_exist_holds_no_ca(tmp_path: Path) -> None:
    assert TrustStore.load(tmp_path / "none").authorities == ()


def test_a_ca_is_removed_by_the_beginning_of_its_fingerprint(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    trust.install(root, folder, declared=_fingerprint(pki.g2_root()))
    for wrong in ("", "zz", f"../{_fingerprint(pki.g2_root())[0]}", "0" * 64):
        with pytest.raises(NotInstalledError):
            trust.remove(wrong, folder)
    assert trust.remove(_fingerprint(pki.g2_root())[:8].lower(), folder) == _fingerprint(pki.g2_root())
    assert TrustStore.load(folder).authorities == ()


def test_the_pins_are_five_whole_fingerprints() -> None:
    assert len(KNOWN_AUTHORITIES) == 5
    assert all(
        len(bytes.fromhex(key)) == 32 and key == pin.fingerprint == key.upper()
        for key, pin in KNOWN_AUTHORITIES.items()
    )


def test_every_error_is_one_a_person_can_be_told() -> None:
    for error in (
        NotACaError("a"),
        UnpinnedError("a", "F"),
        FingerprintMismatchError("a", "F"),
        NotInstalledError("F"),
    ):
        assert isinstance(error, TrustError)
        assert isinstance(error, CertificatesError)
        assert isinstance(error, TrolyError)
        assert error.say(translator("en"))
