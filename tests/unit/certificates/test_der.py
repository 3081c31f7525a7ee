"""DER and BER are walked by one walker: strictly inside a certificate, as far as it goes inside a container."""

from collections.abc import Callable

import pytest

from bot.certificates import MalformedError, der
from bot.certificates.parsing import read
from handlers.model import FileProblemKind
from tests.support import loose_der, pki, pki_files
from tests.support import pki_files as support_pki_files
from tests.support.loose_der import SEQUENCE, value

_SIGNED, _DATA = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010701")
_TWO = b"\x02\x01\x05" + b"\x30\x02\x05\x00"
#: Bytes whose last element is none or is cut short -> the contents of what a walk still gives.
CUT_SHORT = {
    "a length without its bytes": (_TWO + b"\x30\x82\x01", [b"\x05", b"\x05\x00"]),
    "less content than it says": (_TWO + b"\x04\x09ab", [b"\x05", b"\x05\x00", b"ab"]),
    "no end mark": (_TWO + b"\x30\x80\x05\x00", [b"\x05", b"\x05\x00", b"\x05\x00"]),
    "a tag alone": (_TWO + b"\x04", [b"\x05", b"\x05\x00"]),
    "a length of absurd size": (_TWO + b"\x30\xff\x00", [b"\x05", b"\x05\x00"]),
}


@pytest.mark.parametrize(("data", "contents"), CUT_SHORT.values(), ids=CUT_SHORT.keys())
def test_what_is_cut_short_is_walked_as_far_as_it_goes_and_never_split(data: bytes, contents: list[bytes]) -> None:
    assert [one.content for one in der.walk(data)] == contents
    with pytest.raises(MalformedError):
        der.split(data)
    assert der.end_of(data[len(_TWO) :]) > len(data) - len(_TWO)


def test_what_is_whole_is_walked_and_split_alike() -> None:
    for data in (_TWO, pki.issue().der, loose_der.with_indefinite_lengths(pki.issue().der), b"\x7f\x81\x01\x01a"):
        assert [one.element for one in der.walk(data)] == der.split(data)
        assert b"".join(one.whole for one in der.walk(data)) == data
        assert der.end_of(data) <= len(data)


def _in_pieces(content: bytes, *bag: bytes) -> bytes:
    """SignedData as programs write it that do not know the length of a document before they have read it."""
    info = b"\x30\x80" + _DATA + b"\xa0\x80\x24\x80" + content + b"\0\0" * 3
    inside = b"\x02\x01\x01" + b"\x31\x00" + info + b"\xa0\x80" + b"".join(bag) + b"\0\0" + b"\x31\x00"
    return b"\x30\x80" + _SIGNED + b"\xa0\x80" + b"\x30\x80" + inside + b"\0\0" * 3


def test_a_document_signed_inside_may_lie_in_very_many_pieces() -> None:
    reading = read(_in_pieces(value(b"\x04", b"trang") * 30_000, pki.issue().der))
    assert (len(reading.certificates), reading.problems) == (1, ())


@pytest.mark.parametrize("write", [loose_der.with_long_lengths, loose_der.with_indefinite_lengths])
@pytest.mark.parametrize("by_key", [False, True])
def test_a_signer_whose_certificate_is_written_in_ber_is_found(
    write: Callable[[bytes], bytes], *, by_key: bool
) -> None:
    own, ca = pki.issue(serial=0x1234).der, pki.g2_state().der
    loosely = write(own)
    signed = support_pki_files.signed_data(ca, own, signers=(own,), by_key=by_key)
    signers = signed[signed.rindex(own) + len(own) :]
    data = b"\x30\x80" + _SIGNED + b"\xa0\x80" + b"\x30\x80" + b"\x02\x01\x03" + b"\x31\x00"
    data += value(SEQUENCE, _DATA) + b"\xa0\x80" + ca + loosely + b"\0\0" + signers + b"\0\0" * 3
    reading = read(data)
    assert [one.serial for one in reading.certificates] == ["1234"]
    assert reading.problems == ()


#: What begins as a certificate does and is none -> its word.
OTHERS: dict[str, tuple[Callable[[], bytes], FileProblemKind]] = {
    "a request": (support_pki_files.request, FileProblemKind.REQUEST),
    "a list": (support_pki_files.revocation_list, FileProblemKind.STATUS),
}
#: Where it may come from.
PLACES: dict[str, Callable[[bytes], bytes]] = {
    "alone": lambda data: data,
    "in BER": loose_der.with_long_lengths,
    "without its end": lambda data: data[:-9],
    "in an archive": lambda data: pki_files.make_zip({"a.cer": data}),
    "as the certificate of a signature": pki_files.signed_xml,
}


@pytest.mark.parametrize(("make", "trouble"), OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_what_only_begins_as_a_certificate_gets_its_own_word_wherever_it_lies(
    make: Callable[[], bytes], trouble: FileProblemKind, place: Callable[[bytes], bytes]
) -> None:
    reading = read(place(make()))
    assert [problem.trouble for problem in reading.problems] == [trouble]
