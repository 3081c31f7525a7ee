"""Describe public keys (RFC 3279, 5480, 8410) and verify the signatures of CAs.

A key is described from its DER without loading it, so that an unknown algorithm is no error.
"""

from hashlib import sha1

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import SignatureAlgorithmOID as Oid

from bot.certificates import MalformedError, der
from bot.certificates.der import INTEGER, OID, SEQUENCE, Element
from bot.certificates.x509_fields import RawCertificate
from handlers.model import UNKNOWN_KEY

_RSA, _RSA_PSS, _DSA, _EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10040.4.1", "1.2.840.10045.2.1"
_EDWARDS = {"1.3.101.112": "Ed25519", "1.3.101.113": "Ed448"}
#: Names of curves, as ``cryptography`` writes them.
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
#: Curves with explicit parameters, by the bits of the field and the start of the base point (FIPS 186-4, D.1.2).
_WRITTEN_OUT = {
    (256, "6b17d1f2e12c4247f8bce6e563a440f2"): "secp256r1",
    (384, "aa87ca22be8b05378eb1c71ef320ad74"): "secp384r1",
    (521, "00c6858e06b70404e9cd9e3ecb662395"): "secp521r1",
}

_RSA_SIGNATURES: dict[str, hashes.HashAlgorithm] = {
    Oid.RSA_WITH_SHA1.dotted_string: hashes.SHA1(),  # noqa: S303 - all of generation G1
    Oid.RSA_WITH_SHA224.dotted_string: hashes.SHA224(),
    Oid.RSA_WITH_SHA256.dotted_string: hashes.SHA256(),
    Oid.RSA_WITH_SHA384.dotted_string: hashes.SHA384(),
    Oid.RSA_WITH_SHA512.dotted_string: hashes.SHA512(),
}
_ECDSA: dict[str, hashes.HashAlgorithm] = {
    Oid.ECDSA_WITH_SHA224.dotted_string: hashes.SHA224(),
    Oid.ECDSA_WITH_SHA256.dotted_string: hashes.SHA256(),
    Oid.ECDSA_WITH_SHA384.dotted_string: hashes.SHA384(),
    Oid.ECDSA_WITH_SHA512.dotted_string: hashes.SHA512(),
}
_VERIFY_ERRORS = (UnsupportedAlgorithm, InternalError, MalformedError, LookupError, ValueError, TypeError)
_EDWARDS_VERIFIERS = {
    Oid.ED25519.dotted_string: ed25519.Ed25519PublicKey,
    Oid.ED448.dotted_string: ed448.Ed448PublicKey,
}
_MGF1 = "1.2.840.113549.1.1.8"
_PSS_PARAMETERS, _PSS_SALT = (0xA0, 0xA1), 0xA2
_LONGEST_SALT = 512
_PSS_HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}


def algorithm_oid(element: Element) -> str:
    """Return the object identifier of an AlgorithmIdentifier; its parameters are ignored.

    Raises:
        MalformedError: it does not begin with an object identifier.
    """
    parts = der.split(element[1])
    if not parts or parts[0][0] != OID:
        raise MalformedError
    return der.format_oid(parts[0][1])


def key_identifier(element: Element) -> bytes:
    """Hash a key the way key identifiers are computed: RFC 5280, 4.2.1.2 (1).

    Raises:
        MalformedError: it does not have the form of a key.
    """
    parts = der.split(element[1])
    if not parts:
        raise MalformedError
    return sha1(der.bit_string_content(parts[-1]), usedforsecurity=False).digest()


def describe_key(element: Element) -> str:
    """Describe a key, such as "RSA 2048" or "EC secp256r1"; an unknown algorithm or curve is named by its OID.

    Raises:
        MalformedError: it does not have the form of a key of its kind.
    """
    parts = der.split(element[1])
    if len(parts) < 2 or parts[0][0] != SEQUENCE:
        raise MalformedError
    identifier = algorithm_oid(parts[0])
    if identifier in {_RSA, _RSA_PSS}:
        return f"RSA {_count_bits(der.content_of(der.bit_string_content(parts[1]), SEQUENCE))}"
    parameters = der.split(parts[0][1])[1:]
    if identifier == _EC and parameters:
        return _curve_name(parameters[0])
    if identifier == _DSA and parameters:
        return f"DSA {_count_bits(parameters[0][1])}"
    return _EDWARDS.get(identifier) or f"{UNKNOWN_KEY}{identifier}"


def _count_bits(integers: bytes) -> int:
    """Return the number of bits of the first integer in a sequence."""
    first = der.split(integers)[:1]
    if not first or first[0][0] != INTEGER:
        raise MalformedError
    return int.from_bytes(first[0][1]).bit_length()


def _curve_name(parameters: Element) -> str:
    """Name the curve; an unknown one with explicit parameters (RFC 3279, 2.3.5) is named by the bits of its field."""
    tag, content = parameters
    if tag == OID:
        identifier = der.format_oid(content)
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


def is_signed_by(certificate: RawCertificate, ca: RawCertificate) -> bool:
    """Return whether the CA's key made the signature; ``False`` also for an algorithm that is not supported here."""
    try:
        _verify(certificate, load_der_public_key(der.encode_element(ca.key)))
    except (InvalidSignature, *_VERIFY_ERRORS):
        return False
    return True


def _verify(certificate: RawCertificate, key: object) -> None:
    """Raise if the signature is wrong; both copies of the algorithm must be equal (RFC 5280, 4.1.1.2)."""
    if certificate.algorithm != certificate.inner_algorithm:
        raise InvalidSignature
    name, signature, tbs = (
        algorithm_oid(certificate.algorithm),
        der.bit_string_content(certificate.signature),
        certificate.tbs,
    )
    if isinstance(key, rsa.RSAPublicKey) and name in _RSA_SIGNATURES:
        key.verify(signature, tbs, padding.PKCS1v15(), _RSA_SIGNATURES[name])
    elif isinstance(key, rsa.RSAPublicKey) and name == Oid.RSASSA_PSS.dotted_string:
        pss, algorithm = _pss_parameters(certificate)
        key.verify(signature, tbs, pss, algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey) and name in _ECDSA:
        key.verify(signature, tbs, ec.ECDSA(_ECDSA[name]))
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) and isinstance(
        key, _EDWARDS_VERIFIERS.get(name, ())
    ):
        key.verify(signature, tbs)
    else:
        raise InvalidSignature


def _pss_parameters(certificate: RawCertificate) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    """Decode RSASSA-PSS-params (RFC 4055, 3.1) of SHA-2 only: a parameter that is left out would mean SHA-1."""
    parameters = dict(der.split(der.content_of(der.encode_element(der.split(certificate.algorithm[1])[1]), SEQUENCE)))
    algorithm, generator = (der.content_of(parameters[tag], SEQUENCE) for tag in _PSS_PARAMETERS)
    salt = int.from_bytes(der.content_of(parameters[_PSS_SALT], INTEGER), signed=True)
    if not 0 <= salt <= _LONGEST_SALT or algorithm_oid((SEQUENCE, generator)) != _MGF1:
        raise MalformedError
    mask = _PSS_HASHES[algorithm_oid(der.split(generator)[1])]
    return padding.PSS(padding.MGF1(mask), salt), _PSS_HASHES[algorithm_oid((SEQUENCE, algorithm))]
