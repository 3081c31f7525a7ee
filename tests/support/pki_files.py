"""Files that carry certificates, as officers send them."""

import base64
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

from asn1crypto import cms, parser, tsp
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.crypt import StandardSecurityHandler, StandardSecuritySettingsRevision
from pyhanko.pdf_utils.generic import ArrayObject, NumberObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.support import pki
from tests.support.pki import Issued, Key

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
PASSWORD = b"12345678"
#: Names of what ``private_keys`` gives.
KEY_FORMS = (
    "PKCS#8 PEM",
    "PKCS#8 DER",
    "encrypted PKCS#8 PEM",
    "encrypted PKCS#8 DER",
    "traditional PEM",
    "traditional DER",
    "encrypted traditional PEM",
    "OpenSSH",
    "bare base64",
)


def pem(*ders: bytes) -> bytes:
    """Return PEM certificates one after another."""
    return b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in ders)


def bundle(*ders: bytes, encoding: Encoding = Encoding.DER) -> bytes:
    """Return a PKCS#7 bag without a signer, as Windows exports .p7b."""
    return pkcs7.serialize_certificates([x509.load_der_x509_certificate(der) for der in ders], encoding)


def signed_pkcs7(signer: Issued, *others: Issued, encoding: Encoding = Encoding.DER) -> bytes:
    """Return a PKCS#7 signature with the chain beside the signer's certificate."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"x").add_signer(signer.certificate, signer.key, hashes.SHA256())
    for other in others:
        builder = builder.add_certificate(other.certificate)
    return builder.sign(encoding, [pkcs7.PKCS7Options.Binary])


def as_ber(der: bytes) -> bytes:
    """Encode the outer three layers of a ContentInfo with indefinite lengths, as some token software does."""
    return _indefinite(der, depth=3)


def pkcs12_file(issued: Issued) -> bytes:
    """Return a .p12 with key and certificate."""
    return pkcs12.serialize_key_and_certificates(
        b"mau", issued.key, issued.certificate, None, BestAvailableEncryption(PASSWORD)
    )


def private_keys(key: Key) -> dict[str, bytes]:
    """Return a private key in every form that reaches a chat, by name."""
    plain, locked = NoEncryption(), BestAvailableEncryption(PASSWORD)
    pkcs8, old, ssh = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL, PrivateFormat.OpenSSH
    forms = (
        key.private_bytes(Encoding.PEM, pkcs8, plain),
        key.private_bytes(Encoding.DER, pkcs8, plain),
        key.private_bytes(Encoding.PEM, pkcs8, locked),
        key.private_bytes(Encoding.DER, pkcs8, locked),
        key.private_bytes(Encoding.PEM, old, plain),
        key.private_bytes(Encoding.DER, old, plain),
        key.private_bytes(Encoding.PEM, old, locked),
        key.private_bytes(Encoding.PEM, ssh, plain),
        base64.encodebytes(key.private_bytes(Encoding.DER, pkcs8, plain)),
    )
    return dict(zip(KEY_FORMS, forms, strict=True))


def pdf(
    *signatures: Issued,
    chain: tuple[Issued, ...] = (),
    password: str | None = None,
    owner: str | None = None,
    user: str = "",
    method: str = "aes256",
) -> bytes:
    """Return a PDF of one empty page, signed by each in turn, and protected with passwords if there are any."""
    writer = PdfFileWriter()
    writer.insert_page(PageObject(contents=writer.add_object(_stream()), media_box=_page()))
    if password:
        writer.encrypt(password)
    if owner:
        _protect(writer, owner, user, method)
    out = BytesIO()
    writer.write(out)
    for number, signer in enumerate(signatures, 1):
        out = _sign_page(out, signer, chain, f"Chuky{number}", owner or "")
    return out.getvalue()


def signed_xml(*ders: bytes) -> bytes:
    """Return XML with an enveloped signature per certificate.

    Signature values are invented, as no reader verifies them.
    """
    signatures = "".join(_signature(der) for der in ders)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<HDon><DLHDon>Hóa đơn</DLHDon>{signatures}</HDon>'.encode()


def word_document(*ders: bytes) -> bytes:
    """Return a Word document with a signature part per certificate; without any it is unsigned."""
    parts = {
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "word/document.xml": b"<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'/>",
    }
    parts |= {f"_xmlsignatures/sig{number}.xml": _signature(der).encode() for number, der in enumerate(ders, 1)}
    return make_zip(parts)


def make_zip(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP of the entries, in order."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def _signature(der: bytes) -> str:
    lines = base64.encodebytes(der).decode()
    return (
        f'<Signature xmlns="{XMLDSIG}"><SignedInfo/><SignatureValue>AAAA</SignatureValue><KeyInfo><X509Data>'
        f"<X509Certificate>\n{lines}</X509Certificate></X509Data></KeyInfo></Signature>"
    )


def _indefinite(der: bytes, depth: int) -> bytes:
    _, _, _, header, content, _ = parser.parse(der)
    if depth == 0 or not header[0] & 0x20:
        return bytes(der)
    children = b""
    while content:
        length = parser.peek(content)
        last = length == len(content)
        children += _indefinite(content[:length], depth - 1) if last or depth > 2 else content[:length]
        content = content[length:]
    return header[:1] + b"\x80" + children + b"\0\0"


def _protect(writer: PdfFileWriter, owner: str, user: str, method: str) -> None:
    if method == "aes256":
        writer.encrypt(owner, user)
        return
    handler = StandardSecurityHandler.build_from_pw_legacy(
        StandardSecuritySettingsRevision.RC4_OR_AES128,
        bytes(writer.document_id[0]),
        owner,
        user,
        keylen_bytes=16,
        use_aes128=method == "aes128",
    )
    writer._assign_security_handler(handler)


def _sign_page(source: BytesIO, signer: Issued, chain: tuple[Issued, ...], field: str, password: str = "") -> BytesIO:
    store = SimpleCertificateStore.from_certs([asn1.Certificate.load(one.der) for one in chain])
    key = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    simple = signers.SimpleSigner(
        signing_cert=asn1.Certificate.load(signer.der),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )
    writer = IncrementalPdfFileWriter(source)
    if password:
        writer.encrypt(password)
    metadata = PdfSignatureMetadata(field_name=field, md_algorithm="sha256")
    # pyHanko runs an event loop of its own, which a test's may not see.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(signers.sign_pdf, writer, metadata, signer=simple).result()


def _page() -> ArrayObject:
    return ArrayObject([NumberObject(side) for side in (0, 0, 595, 842)])


def _stream() -> StreamObject:
    return StreamObject(stream_data=b"")


def time_stamper() -> Issued:
    """Return the certificate of a time stamp service."""
    return pki.issue(
        "Dịch vụ cấp dấu thời gian Mẫu", key=pki.ec_key("tsa"), purposes=(ExtendedKeyUsageOID.TIME_STAMPING,)
    )


def state_teller() -> Issued:
    """Return the certificate of an OCSP service."""
    return pki.issue("OCSP Mẫu", key=pki.ec_key("ocsp"), purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,))


def signed_data(
    *bag: bytes, signers: tuple[bytes, ...] = (), content_type: str = "data", by_key: bool = False
) -> bytes:
    """Return a CMS SignedData with the bag in the given order.

    Its signature values are invented, as nobody verifies them.
    """
    value: bytes = cms.ContentInfo({
        "content_type": "signed_data",
        "content": {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": content_type},
            "certificates": [cms.CertificateChoices.load(one) for one in bag],
            "signer_infos": [_signer(one, by_key=by_key) for one in signers],
        },
    }).dump()  # fmt: skip
    return value


def time_stamp() -> bytes:
    """Return a time stamp token with its service's chain in it."""
    stamper = time_stamper().der
    return signed_data(stamper, pki.g2_state().der, signers=(stamper,), content_type="tst_info")


def time_stamp_response() -> bytes:
    """Return the whole answer of a time stamp service."""
    response = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(time_stamp())}
    value: bytes = tsp.TimeStampResp(response).dump()
    return value


def ocsp_response() -> bytes:
    """Return a signed OCSP answer about one certificate, with the service's certificate in it."""
    teller, asked = state_teller(), pki.issue()
    builder = ocsp.OCSPResponseBuilder().add_response(
        asked.certificate, pki.g2_state().certificate, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD,
        pki.NOW, pki.NOW + timedelta(days=1), None, None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, teller.certificate)
    response = builder.certificates([teller.certificate]).sign(teller.key, hashes.SHA256())
    return response.public_bytes(Encoding.DER)


def revocation_list(encoding: Encoding = Encoding.DER) -> bytes:
    """Return a revocation list without entries."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(pki.g2_state().certificate.subject)
    builder = builder.last_update(pki.NOW).next_update(pki.NOW + timedelta(days=1))
    return builder.sign(pki.g2_state().key, hashes.SHA256()).public_bytes(encoding)


def request(encoding: Encoding = Encoding.DER) -> bytes:
    """Return a certification request."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(pki.issue().certificate.subject)
    return builder.sign(pki.ec_key(), hashes.SHA256()).public_bytes(encoding)


def public_key(encoding: Encoding, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
    """Return an RSA public key alone."""
    return pki.rsa_key().public_key().public_bytes(encoding, form)


def _signer(der: bytes, *, by_key: bool) -> dict[str, object]:
    certificate = cms.Certificate.load(der)
    name: dict[str, object] = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    key = certificate.public_key.sha1
    sid = ("subject_key_identifier", key) if by_key else ("issuer_and_serial_number", name)
    return {
        "version": "v3" if by_key else "v1",
        "sid": cms.SignerIdentifier(*sid),
        "digest_algorithm": {"algorithm": "sha256"},
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": b"x",
    }
