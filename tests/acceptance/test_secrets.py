"""What must never be sent: refused, deleted, stored nowhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from handlers.interview.screens.file import WARNING
from tests.acceptance.officer import Officer
from tests.support.pki import issue
from tests.support.pki_files import pkcs12_file
from tests.support.program import Program
from tests.support.telegram.api import BotApi


def kept(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file the program has."""
    return ((path, path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def assert_nowhere(folder: Path, secret: bytes) -> None:
    pieces = [secret[at : at + 40] for at in range(0, max(1, len(secret) - 40), 40)]
    for path, content in kept(folder):
        assert not any(piece in content for piece in pieces), f"{path.name} holds a piece of the secret"


def pem() -> bytes:
    return issue().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(("name", "content"), [("khoa.pem", pem()), ("chungthu.p12", pkcs12_file(issue()))])
async def test_a_private_key_file_is_refused_and_deleted(
    lan: Officer, program: Program, name: str, content: bytes
) -> None:
    await lan.consents()
    await lan.user.sends_file(content, name)
    deleted = await lan.user.hears_until(lambda shown: shown.kind == "delete")
    assert deleted.document is not None
    assert deleted.document.name == name
    assert lan.words(WARNING) in (await lan.hears()).text
    await program.stop()
    assert_nowhere(program.folder, content)


async def test_a_pasted_private_key_is_refused_and_deleted(lan: Officer, program: Program) -> None:
    key = pem()
    await lan.consents()
    await lan.user.says(key.decode())
    deleted = await lan.user.hears_until(lambda shown: shown.kind == "delete")
    assert deleted.text == key.decode()
    assert lan.words(WARNING) in (await lan.hears()).text
    await program.stop()
    assert_nowhere(program.folder, key.split(b"\n", 1)[1])


async def test_nothing_a_person_says_is_kept_or_logged_in_the_clear(
    lan: Officer, program: Program, api: BotApi
) -> None:
    certificate = issue("Trường THCS Mẫu Kín")
    await lan.consents()
    await lan.user.sends_file(certificate.der, "truong-mau-kin.cer")
    assert "Trường THCS Mẫu Kín" in (await lan.hears()).text
    await lan.user.says("một câu rất riêng tư 77")
    await lan.hears()
    await program.stop()
    for secret in ("Mẫu Kín", "riêng tư", "mau-kin", api.token.partition(":")[2]):
        assert_nowhere(program.folder, secret.encode())
