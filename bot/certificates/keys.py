"""Name a public key by its kind and size (RFC 3279, 5480, 8410), without loading it."""

from hashlib import sha1

from bot.certificates import der
from bot.certificates.der import INTEGER, OID, SEQUENCE, Element
from bot.certificates.errors import MalformedError
from handlers.certificate import UNKNOWN_KEY

_RSA, _RSA_PSS, _DSA, _EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10040.4.1", "1.2.840.10045.2.1"
_EDWARDS = {"1.3.101.112": "Ed25519", "1.3.101.113": "Ed448"}
#: Curves by the names that ``cryptography`` gives them.
_CURVES = {
    "1.2.840.10045.3.1.1": "secp192r1",
    "1.2.840.10045.3.1.7": "secp256r1",
    "1.3.132.0.10": "secp256k1",
    "1.3.132.0.33": "secp224r1",
    "1.3.132.0.34": "secp384r1",
    "1.3.132.0.35": "secp521r1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}
#: Curves that are written out, by the bits of the field and how the base point begins (FIPS 186-4, D.1.2).
_WRITTEN_OUT = {
    (256, "6b17d1f2e12c4247f8bce6e563a440f2"): "secp256r1",
    (384, "aa87ca22be8b05378eb1c71ef320ad74"): "secp384r1",
    (521, "00c6858e06b70404e9cd9e3ecb662395"): "secp521r1",
}


def algorithm(element: Element) -> str:
    """Take the object identifier of an AlgorithmIdentifier, whatever its parameters are."""
    parts = der.split(element[1])
    if not parts or parts[0][0] != OID:
        raise MalformedError
    return der.oid(parts[0][1])


def digest(element: Element) -> bytes:
    """Hash the key as identifiers of keys are made: RFC 5280, 4.2.1.2 (1).

    Raises:
        MalformedError: it is not written as a key.
    """
    parts = der.split(element[1])
    if not parts:
        raise MalformedError
    return sha1(der.bits(parts[-1]), usedforsecurity=False).digest()


def describe(element: Element) -> str:
    """Name the key, such as "RSA 2048" or "EC secp256r1"; an algorithm or a curve not known here goes by its OID.

    Raises:
        MalformedError: it is not written as a key of its kind.
    """
    parts = der.split(element[1])
    if len(parts) < 2 or parts[0][0] != SEQUENCE:
        raise MalformedError
    identifier = algorithm(parts[0])
    if identifier in {_RSA, _RSA_PSS}:
        return f"RSA {_bits(der.content_of(der.bits(parts[1]), SEQUENCE))}"
    parameters = der.split(parts[0][1])[1:]
    if identifier == _EC and parameters:
        return _curve(parameters[0])
    if identifier == _DSA and parameters:
        return f"DSA {_bits(parameters[0][1])}"
    return _EDWARDS.get(identifier) or f"{UNKNOWN_KEY}{identifier}"


def _bits(integers: bytes) -> int:
    """Count the bits of the first number of a sequence."""
    first = der.split(integers)[:1]
    if not first or first[0][0] != INTEGER:
        raise MalformedError
    return int.from_bytes(first[0][1]).bit_length()


def _curve(parameters: Element) -> str:
    """Name the curve; an unknown one that is written out (RFC 3279, 2.3.5) goes by the bits of its field."""
    tag, content = parameters
    if tag == OID:
        identifier = der.oid(content)
        return f"EC {_CURVES[identifier]}" if identifier in _CURVES else f"{UNKNOWN_KEY}{identifier}"
    if tag != SEQUENCE:
        raise MalformedError
    explicit = der.split(content)
    field = der.split(explicit[1][1]) if len(explicit) > 1 else []
    if len(field) < 2 or field[1][0] != INTEGER:
        raise MalformedError
    size = int.from_bytes(field[1][1]).bit_length()
    base = explicit[3][1][1:17].hex() if len(explicit) > 3 else ""
    return f"EC {_WRITTEN_OUT.get((size, base), size)}"
