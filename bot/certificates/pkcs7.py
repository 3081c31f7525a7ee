"""PKCS#7 / CMS SignedData (RFC 5652), DER or BER: the signers' certificates, or all of a bag without signers."""

from collections.abc import Iterator

from asn1crypto import cms, x509

from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Found
from handlers.certificate import Trouble


def certificates(data: bytes) -> Iterator[Found]:
    """Signers first, in the order they signed; the rest as companions where there is a signer.

    Raises:
        UnreadableError: ENCRYPTED, NO_CERTIFICATE or BROKEN.
    """
    signed = _signed_data(data)
    bag = _bag(signed)
    signers = _signers(signed, bag)
    yield from (Found(certificate.dump(), signer=True) for certificate in signers)
    own = {id(certificate) for certificate in signers}
    for certificate in bag:
        if id(certificate) not in own:
            yield Found(certificate.dump(), companion=bool(signers))


def _signed_data(data: bytes) -> cms.SignedData:
    content = cms.ContentInfo.load(data)
    kind = content["content_type"].native
    if kind in {"enveloped_data", "encrypted_data", "signed_and_enveloped_data"}:
        raise UnreadableError(Trouble.ENCRYPTED)
    if kind != "signed_data":
        raise UnreadableError(Trouble.NO_CERTIFICATE)
    return content["content"]


def _bag(signed: cms.SignedData) -> list[x509.Certificate]:
    bag = [choice.chosen for choice in signed["certificates"] if choice.name == "certificate"]
    if not bag:
        raise UnreadableError(Trouble.NO_CERTIFICATE)
    return bag


def _signers(signed: cms.SignedData, bag: list[x509.Certificate]) -> list[x509.Certificate]:
    """The certificate each SignerInfo names, by issuer and serial number or by key identifier."""
    by_serial = {(c.issuer.dump(), c.serial_number): c for c in reversed(bag)}
    by_key = {c.key_identifier: c for c in reversed(bag) if c.key_identifier}
    named = []
    for signer in signed["signer_infos"]:
        sid = signer["sid"]
        if sid.name == "issuer_and_serial_number":
            named.append(by_serial.get((sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native)))
        else:
            named.append(by_key.get(sid.native))
    return [certificate for certificate in named if certificate is not None]
