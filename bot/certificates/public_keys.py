"""Verify one certificate's signature with its issuer's key, over the bytes as they are written.

``cryptography`` verifies whole certificates that it can load, and no SHA-1; here the key alone verifies, so that a
certificate written loosely is held to the same as any other, and generation G1, which signs with SHA-1, as well.
"""

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import SignatureAlgorithmOID as Oid

from bot.certificates import der, keys
from bot.certificates.der import INTEGER, SEQUENCE
from bot.certificates.errors import MalformedError
from bot.certificates.structure import Structure

_RSA: dict[str, hashes.HashAlgorithm] = {
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
_UNVERIFIABLE = (UnsupportedAlgorithm, InternalError, MalformedError, LookupError, ValueError, TypeError)
_EDWARDS = {Oid.ED25519.dotted_string: ed25519.Ed25519PublicKey, Oid.ED448.dotted_string: ed448.Ed448PublicKey}
_MGF1 = "1.2.840.113549.1.1.8"
_PSS_PARAMETERS, _PSS_SALT = (0xA0, 0xA1), 0xA2
_LONGEST_SALT = 512
_PSS_HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}


def is_signed_by(certificate: Structure, ca: Structure) -> bool:
    """Whether the CA's key made the signature; ``False`` as well for an algorithm that is not verified here."""
    try:
        _verify(certificate, load_der_public_key(der.written(ca.key)))
    except (InvalidSignature, *_UNVERIFIABLE):
        return False
    return True


def _verify(certificate: Structure, key: object) -> None:
    """Raise where it does not verify; the algorithm must be the one that was signed along (RFC 5280, 4.1.1.2)."""
    if certificate.algorithm != certificate.inner_algorithm:
        raise InvalidSignature
    name, signature, tbs = keys.algorithm(certificate.algorithm), der.bits(certificate.signature), certificate.tbs
    if isinstance(key, rsa.RSAPublicKey) and name in _RSA:
        key.verify(signature, tbs, padding.PKCS1v15(), _RSA[name])
    elif isinstance(key, rsa.RSAPublicKey) and name == Oid.RSASSA_PSS.dotted_string:
        pss, algorithm = _pss(certificate)
        key.verify(signature, tbs, pss, algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey) and name in _ECDSA:
        key.verify(signature, tbs, ec.ECDSA(_ECDSA[name]))
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) and isinstance(key, _EDWARDS.get(name, ())):
        key.verify(signature, tbs)
    else:
        raise InvalidSignature


def _pss(certificate: Structure) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    """Decode RSASSA-PSS-params (RFC 4055, 3.1), of SHA-2 only: what is left out would mean SHA-1."""
    parameters = dict(der.split(der.content_of(der.written(der.split(certificate.algorithm[1])[1]), SEQUENCE)))
    algorithm, generator = (der.content_of(parameters[tag], SEQUENCE) for tag in _PSS_PARAMETERS)
    salt = int.from_bytes(der.content_of(parameters[_PSS_SALT], INTEGER), signed=True)
    if not 0 <= salt <= _LONGEST_SALT or keys.algorithm((SEQUENCE, generator)) != _MGF1:
        raise MalformedError
    mask = _PSS_HASHES[keys.algorithm(der.split(generator)[1])]
    return padding.PSS(padding.MGF1(mask), salt), _PSS_HASHES[keys.algorithm((SEQUENCE, algorithm))]
