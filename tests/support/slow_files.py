"""Files that take long to read or hold much, as a stranger could send them to delay others."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.support.pki import issue


def slow_pdf(fields: int = 20_000) -> bytes:
    """Return a small PDF with a form of very many unsigned fields, each of which must be looked at."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] >> >>"
        % b" ".join(b"%d 0 R" % number for number in range(3, 3 + fields)),
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        *(b"<< /FT /Tx /T (f%d) >>" % number for number in range(fields)),
    ]
    made, places = BytesIO(), []
    made.write(b"%PDF-1.7\n")
    for number, content in enumerate(objects, 1):
        places.append(made.tell())
        made.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = made.tell()
    made.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    made.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    made.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return made.getvalue()


def fat_zip(certificates: int = 60, parts: int = 45) -> bytes:
    """Return a small ZIP of certificates with names of the greatest length, which compress well."""
    key, like = ec.generate_private_key(ec.SECP256R1()), x509.load_der_x509_certificate(issue().der)
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for number in range(certificates):
            archive.writestr(f"{number}.cer", _certificate(key, like, number, parts))
    return made.getvalue()


def _certificate(key: ec.EllipticCurvePrivateKey, like: x509.Certificate, number: int, parts: int) -> bytes:
    units = [x509.NameAttribute(NameOID.USER_ID, f"{part} ".ljust(500, "x")) for part in range(parts)]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"UBND XÃ {number}"), *units])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1000 + number)
    builder = builder.not_valid_before(like.not_valid_before_utc).not_valid_after(like.not_valid_after_utc)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
