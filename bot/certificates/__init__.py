"""Reading certificates out of the files of strangers."""

from bot.certificates.limits import LIMITS, Limits
from bot.certificates.reader import CertificateReader
from bot.certificates.reading import read
from bot.certificates.trust import EMPTY, TrustStore
from bot.certificates.validity import Validity, in_date

__all__ = ["EMPTY", "LIMITS", "CertificateReader", "Limits", "TrustStore", "Validity", "in_date", "read"]
