"""Prints certificates as ``openssl x509`` does, by its library: the program takes 20 ms to find its decoders."""

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

#: Names by number, in UTF-8, an attribute a line: ``-nameopt oid,utf8,sep_multiline``.
_NAME_FORM = 2 << 21 | 0x10 | 4 << 16
_INDENT = 4
_BIO_CTRL_INFO = 3
_POINTERS = (
    *("d2i_X509", "X509_get_serialNumber", "X509_get_subject_name", "X509_get_issuer_name", "X509_get0_notBefore"),
    *("X509_get0_notAfter", "X509_get1_email", "BIO_s_mem", "BIO_new"),
)


def is_found() -> bool:
    return _library() is not None


def print_certificate(der: bytes) -> str | None:
    """Return what ``openssl x509 -noout -serial -subject -issuer -dates -email`` prints; ``None`` where it refuses."""
    library = _library()
    place = ctypes.c_char_p(der)
    certificate = library.d2i_X509(None, ctypes.byref(place), ctypes.c_long(len(der)))
    if not certificate:
        library.ERR_clear_error()
        return None
    handle = ctypes.c_void_p(certificate)
    try:
        return b"".join(_print_parts(library, handle)).decode(errors="replace")
    finally:
        library.X509_free(handle)


@cache
def _library() -> Any:
    name = ctypes.util.find_library("crypto")
    library = ctypes.CDLL(name) if name else None
    for function in _POINTERS if library else ():
        getattr(library, function).restype = ctypes.c_void_p
    if library:
        library.OPENSSL_sk_value.restype = ctypes.c_char_p
        library.BIO_ctrl.restype = ctypes.c_long
    return library


def _print_parts(library: Any, certificate: ctypes.c_void_p) -> Iterator[bytes]:
    def part(name: str) -> ctypes.c_void_p:
        return ctypes.c_void_p(getattr(library, f"X509_{name}")(certificate))

    with _text(library) as (out, written):
        library.i2a_ASN1_INTEGER(out, part("get_serialNumber"))
        yield b"serial=" + written() + b"\n"
    for title, name in ((b"subject", "get_subject_name"), (b"issuer", "get_issuer_name")):
        with _text(library) as (out, written):
            library.X509_NAME_print_ex(out, part(name), _INDENT, ctypes.c_ulong(_NAME_FORM))
            yield title + b"=\n" + written() + b"\n"
    for title, name in ((b"notBefore", "get0_notBefore"), (b"notAfter", "get0_notAfter")):
        with _text(library) as (out, written):
            library.ASN1_TIME_print(out, part(name))
            yield title + b"=" + written() + b"\n"
    addresses = part("get1_email")
    for number in range(library.OPENSSL_sk_num(addresses)):
        yield library.OPENSSL_sk_value(addresses, number) + b"\n"
    library.X509_email_free(addresses)


@contextmanager
def _text(library: Any) -> Iterator[Any]:
    """Yield a stream of the library, and how to take out what was written to it."""
    out = ctypes.c_void_p(library.BIO_new(ctypes.c_void_p(library.BIO_s_mem())))

    def written() -> bytes:
        place = ctypes.c_void_p()
        length = library.BIO_ctrl(out, _BIO_CTRL_INFO, ctypes.c_long(0), ctypes.byref(place))
        return ctypes.string_at(place, length) if length > 0 else b""

    try:
        yield out, written
    finally:
        library.BIO_free(out)
