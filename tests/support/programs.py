"""Programs that tests open files with: a test without its program is skipped and says how to bring it.

With ``CI`` set nothing is skipped: there a missing program is a fault of the set-up, and the test fails.
"""

import os
import shutil

import pytest

#: Program -> the Debian packages that bring it, as ``tools/programs.sh`` installs them.
PACKAGES = {
    "soffice": "libreoffice-calc-nogui libreoffice-writer-nogui fonts-liberation",
    "pdftotext": "poppler-utils",
    "openssl": "openssl",
    "certtool": "gnutls-bin",
}


def needs(*programs: str) -> pytest.MarkDecorator:
    """Mark a test, or a module's tests, as in need of these programs."""
    missing = [program for program in programs if shutil.which(program) is None]
    packages = " ".join(PACKAGES[program] for program in missing)
    reason = f"{', '.join(missing)} not installed; make test brings it, or: apt-get install {packages}"
    return pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason=reason)


def program(name: str) -> str:
    """Return where a program is.

    Raises:
        AssertionError: it is not installed, and the test was not skipped for that: ``CI`` is set.
    """
    found = shutil.which(name)
    assert found, f"{name} is not installed: apt-get install {PACKAGES[name]}"
    return found
