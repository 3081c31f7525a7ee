"""Signature fields as the parser gives them: within each other, in circles, too many."""

from io import BytesIO

import pytest

from bot.certificates import UnreadableError
from bot.certificates.containers import FoundCertificate
from bot.certificates.pdf_fields import certificates
from handlers.model import FileProblemKind
from tests.support import pki, pki_files


def _file(fields: bytes, *objects: bytes, trailer: bytes = b"") -> BytesIO:
    """A file whose objects, from number 5 on, are these; ``fields`` are those of its form."""
    form = {1: b"<</Type/Catalog/AcroForm 2 0 R>>", 2: b"<</Fields[%s]>>" % fields}
    written, table = b"%PDF-1.7\n", b"xref\n0 1\n0000000000 65535 f \n"
    for number, one in (form | dict(enumerate(objects, 5))).items():
        table += b"%d 1\n%010d 00000 n \n" % (number, len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    return BytesIO(
        written + table + b"trailer\n<</Root 1 0 R/Size 99%s>>\nstartxref\n%d\n%%%%EOF\n" % (trailer, len(written))
    )


def _signature() -> bytes:
    cms = pki_files.signed_pkcs7(pki.issue(), pki.g2_state())
    return b"<</Type/Sig/SubFilter/adbe.pkcs7.detached/Contents<%s>>>" % cms.hex().encode()


def _signers(file: BytesIO) -> int:
    return sum(isinstance(found, FoundCertificate) and found.signer for found in certificates(file))


def test_a_field_within_a_field_inherits_its_kind() -> None:
    file = _file(b"5 0 R", b"<</FT/Sig/Kids[6 0 R]>>", b"<</T(a)/V 7 0 R>>", _signature())
    assert _signers(file) == 1


def test_fields_in_a_circle_are_read_once() -> None:
    file = _file(
        b"5 0 R 6 0 R", b"<</FT/Sig/Kids[6 0 R 5 0 R]>>", b"<</FT/Sig/Kids[5 0 R 6 0 R]/V 7 0 R>>", _signature()
    )
    assert _signers(file) == 1


@pytest.mark.parametrize(
    "fields",
    [
        b"",
        b"5 0 R",
        b"99 0 R",
        b"null 1 (a) [5 0 R]",
        b"<</FT/Sig/V 99 0 R>>",
        b"<</FT/Tx/V 6 0 R>>",
        b"<</Kids 7>>" * 50,
    ],
)
def test_a_form_without_a_filled_signature_says_so(fields: bytes) -> None:
    with pytest.raises(UnreadableError) as raised:
        list(certificates(_file(fields, b"<</FT/Sig>>", _signature())))
    assert raised.value.trouble is FileProblemKind.NO_SIGNATURE


def test_what_is_no_pdf_is_damaged() -> None:
    with pytest.raises(UnreadableError) as raised:
        list(certificates(BytesIO(b"%PDF-1.4 and no more")))
    assert raised.value.trouble is FileProblemKind.DAMAGED


def test_a_very_wide_tree_of_fields_ends() -> None:
    kids = b" ".join(b"%d 0 R" % (5 + number % 3) for number in range(30_000))
    wide = b"<</FT/Sig/Kids[%s]>>" % kids
    with pytest.raises(UnreadableError):
        list(certificates(_file(b"5 0 R", wide, wide, wide)))


@pytest.mark.parametrize("locked", [b"/Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s5/V 4", b"/Filter/Standard/V 9/R 9"])
def test_a_file_that_is_locked_in_a_way_not_known_is_locked_and_not_damaged(locked: bytes) -> None:
    file = _file(b"5 0 R", b"<</FT/Sig/V 6 0 R>>", _signature(), trailer=b"/ID[<00><00>]/Encrypt<<%s>>" % locked)
    with pytest.raises(UnreadableError) as raised:
        list(certificates(file))
    assert raised.value.trouble is FileProblemKind.ENCRYPTED
