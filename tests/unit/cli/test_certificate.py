"""``troly certificate`` and ``troly trust``, as an operator types them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.certificates import trust
from bot.cli import main
from bot.settings import load_settings
from tests.support import pki, pki_files


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str


Troly = Callable[..., Ran]


@pytest.fixture
def troly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Troly]:
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TROLY_LANGUAGE", "en")
    load_settings.cache_clear()

    def run(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ending:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(int(ending.value.code or 0), captured.out, captured.err)

    yield run
    load_settings.cache_clear()


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, content: bytes) -> Path:
        file = tmp_path / name
        file.write_bytes(content)
        return file

    return write


Save = Callable[[str, bytes], Path]


def test_a_certificate_is_shown_with_vietnamese_time(troly: Troly, save: Save) -> None:
    ran = troly("certificate", save("a.cer", pki.make_certificate(**pki.expired())), "--unit", "ubnd xa phuoc an")
    assert ran.status == 0
    for shown in ("UBND xã Phước An", "22/11/2026 10:00 (expired)", "by name only", "phuocan@dongnai.gov.vn"):
        assert shown in ran.out


def _data(ran: Ran) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(ran.out)
    return entries


def test_json_has_an_entry_for_every_file_in_utc(troly: Troly, save: Save) -> None:
    good, bad = save("a.cer", pki.make_certificate()), save("b.jpg", b"\xff\xd8\xff")
    ran = troly("certificate", "--json", "--unit", "Sở Nội vụ", good, bad)
    first, second = _data(ran)
    assert ran.status == 1
    assert (first["file"], first["problems"]) == (str(good), [])
    assert first["certificates"][0]["not_before"] == "2024-01-01T01:00:00Z"
    assert first["certificates"][0]["matches_unit"] is False
    assert first["certificates"][0]["recognition"] == "by_name_only"
    assert first["certificates"][0]["in_date"] in {"valid", "expired"}
    assert second == {"file": str(bad), "certificates": [], "problems": [{"trouble": "picture", "where": ""}]}


def test_one_bad_file_ends_in_status_one_and_the_others_still_print(troly: Troly, save: Save, tmp_path: Path) -> None:
    key = save("khoa.pem", pki_files.private_keys(pki.ec_key())["PKCS#8 PEM"])
    ran = troly("certificate", tmp_path / "none.cer", key, tmp_path, save("a.cer", pki.make_certificate()))
    assert ran.status == 1
    assert "none.cer cannot be read: there is no such file or folder" in ran.out
    assert "private key" in ran.out
    assert "UBND xã Phước An" in ran.out


def test_what_a_stranger_wrote_is_no_markup(troly: Troly, save: Save) -> None:
    ran = troly("certificate", save("a.cer", pki.make_certificate("[red]Sở Nội vụ[/red][link=x]")))
    assert "[red]Sở Nội vụ[/red][link=x]" in ran.out


def test_installed_cas_verify_what_they_signed(troly: Troly, save: Save) -> None:
    leaf = save("a.cer", pki.make_certificate())
    for authority in (pki.g2_root(), pki.g2_state()):
        file = save("ca.crt", authority.pem)
        assert troly("trust", "add", file, "--fingerprint", trust.fingerprint_of(authority.certificate)).status == 0
    assert _data(troly("certificate", "--json", leaf))[0]["certificates"][0]["recognition"] == "verified"


def test_an_unknown_ca_is_refused_and_nothing_is_installed(troly: Troly, save: Save) -> None:
    ran = troly("trust", "add", save("ca.crt", pki.g2_root().pem), save("b.crt", b"x"))
    assert ran.status == 1
    assert trust.fingerprint_of(pki.g2_root().certificate) in ran.err
    assert "b.crt" in ran.err
    assert "No CA file is installed" in troly("trust", "list").out


def test_installed_cas_are_listed_and_removed(troly: Troly, save: Save) -> None:
    digits = trust.fingerprint_of(pki.g2_root().certificate)
    troly("trust", "add", save("ca.crt", pki.g2_root().pem), "--fingerprint", digits)
    listed = troly("trust", "list").out
    assert digits in listed
    assert "RootCA chuyên dùng Chính phủ G2" in listed
    assert troly("trust", "remove", digits[:10]).status == 0
    assert digits not in troly("trust", "list").out
    again = troly("trust", "remove", digits)
    assert again.status == 1
    assert digits in again.err


def test_one_fingerprint_vouches_for_one_file(troly: Troly, save: Save) -> None:
    file = save("ca.crt", pki.g2_root().pem)
    assert troly("trust", "add", file, file, "--fingerprint", "00").status == 2


def test_a_file_that_cannot_be_opened_is_named(troly: Troly, tmp_path: Path) -> None:
    ran = troly("trust", "add", tmp_path / "none.crt")
    assert (ran.status, "none.crt" in ran.err) == (1, True)


def test_a_certificate_without_an_end_is_shown(troly: Troly, save: Save) -> None:
    endless = pki.make_certificate(not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    ran = troly("certificate", save("a.cer", endless))
    assert (ran.status, "31/12/9999 23:59 (in date)" in ran.out) == (0, True)


def test_the_same_trouble_of_a_file_is_said_once(troly: Troly, save: Save) -> None:
    ran = troly("certificate", save("a.pdf", _broken_signatures(7)))
    assert ran.status == 1
    assert ran.out.count("I found no certificate") == 1


def test_troubles_of_an_archive_are_named_up_to_a_bound_and_the_others_counted(troly: Troly, save: Save) -> None:
    entries = {f"{at}.pdf": _broken_signatures(3) for at in range(60)}
    ran = troly("certificate", save("a.zip", pki_files.make_zip(entries)))
    assert ran.out.count("I found no certificate") == 20
    assert ran.out.rstrip().endswith("40.")


def _broken_signatures(count: int) -> bytes:
    """A PDF whose signatures are no certificates, each broken in the same way."""
    one = b"%d 0 obj\n<</Type/Sig/SubFilter/adbe.pkcs7.detached/ByteRange[0 1 2 3]/Contents <%s>>>\nendobj\n"
    body = b"".join(one % (at, b"3082" + b"ab" * 200) for at in range(1, count + 1))
    return b"%PDF-1.4\n" + body + b"trailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
